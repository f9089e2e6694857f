"""migrate: carries the plan out."""
