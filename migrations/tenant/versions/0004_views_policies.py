"""Functions, triggers, views, row level security and grants."""

from __future__ import annotations

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

# Roles belong to the server, not to this database: they are made where they are missing, and never dropped.
ROLES = """
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['topsteel_app', 'topsteel_lecture'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                RAISE NOTICE 'role % was created by another session just now', role_name;
            END;
        END IF;
    END LOOP;
END
$$
"""

MAJ_UPDATED_AT = """
CREATE FUNCTION maj_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$
"""

JOURNALISER = """
CREATE FUNCTION journaliser() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (societe_id, objet, objet_id, action, avant, apres)
    VALUES (
        coalesce(NEW.societe_id, OLD.societe_id),
        TG_TABLE_NAME,
        coalesce(NEW.id, OLD.id)::text,
        lower(TG_OP),
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END
$$
"""

TOTAL_COMMANDE = """
CREATE FUNCTION total_commande(commande bigint) RETURNS numeric
    LANGUAGE sql STABLE
    AS 'SELECT coalesce(sum(total), 0) FROM commande_lignes WHERE commande_id = commande'
"""

SOCIETE_COURANTE = """
CREATE FUNCTION societe_courante() RETURNS integer
    LANGUAGE sql STABLE
    AS $$SELECT nullif(current_setting('app.societe_id', true), '')::integer$$
"""

# Grouped by a primary key: PostgreSQL lets it name c.numero only as long as that key exists.
V_TOTAUX_COMMANDES = """
CREATE VIEW v_totaux_commandes AS
    SELECT c.id, c.societe_id, c.numero, sum(l.total) AS total, count(l.id) AS lignes
    FROM commandes c LEFT JOIN commande_lignes l ON l.commande_id = c.id
    GROUP BY c.id
"""

V_FACTURES_IMPAYEES = """
CREATE VIEW v_factures_impayees AS
    SELECT f.id, f.numero, f.echeance, f.total_ttc - coalesce(sum(p.montant), 0) AS reste
    FROM factures f LEFT JOIN paiements p ON p.facture_id = f.id
    WHERE f.statut <> 'payee'
    GROUP BY f.id
"""

MV_CHIFFRE_AFFAIRES = """
CREATE MATERIALIZED VIEW mv_chiffre_affaires AS
    SELECT c.societe_id, date_trunc('month', c.date_commande)::date AS mois, sum(c.montant_ht) AS chiffre_affaires
    FROM commandes c
    WHERE c.statut <> 'annulee'
    GROUP BY 1, 2
"""

TOUCHED = ("clients", "articles", "commandes")
LOGGED = ("clients", "commandes")


def upgrade() -> None:
    for function in (MAJ_UPDATED_AT, JOURNALISER, TOTAL_COMMANDE, SOCIETE_COURANTE):
        op.execute(function)
    op.execute("COMMENT ON FUNCTION total_commande(bigint) IS 'Sum of the lines of an order, before tax'")
    for table in TOUCHED:
        op.execute(
            f"CREATE TRIGGER {table}_updated_at BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION maj_updated_at()"
        )
    for table in LOGGED:
        op.execute(
            f"CREATE TRIGGER {table}_journal AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION journaliser()"
        )

    for view in (V_TOTAUX_COMMANDES, V_FACTURES_IMPAYEES, MV_CHIFFRE_AFFAIRES):
        op.execute(view)
    op.execute("CREATE UNIQUE INDEX mv_chiffre_affaires_idx ON mv_chiffre_affaires (societe_id, mois)")
    op.execute("COMMENT ON VIEW v_totaux_commandes IS 'Orders with the sum of their lines'")

    op.execute(ROLES)
    for table in ("clients", "commandes"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY {table}_par_societe ON {table} TO topsteel_app"
            " USING (societe_id = societe_courante()) WITH CHECK (societe_id = societe_courante())"
        )
    op.execute(
        "CREATE POLICY commandes_lecture ON commandes FOR SELECT TO topsteel_lecture USING (statut <> 'brouillon')"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO topsteel_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO topsteel_app")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON audit_log, units FROM topsteel_app")
    op.execute("REVOKE ALL ON alembic_version FROM topsteel_app")
    op.execute(
        "GRANT SELECT ON commandes, commande_lignes, v_totaux_commandes, mv_chiffre_affaires TO topsteel_lecture"
    )


def downgrade() -> None:
    for role in ("topsteel_app", "topsteel_lecture"):
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
        op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}")
    op.execute("DROP POLICY commandes_lecture ON commandes")
    for table in ("commandes", "clients"):
        op.execute(f"DROP POLICY {table}_par_societe ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP MATERIALIZED VIEW mv_chiffre_affaires")
    op.execute("DROP VIEW v_factures_impayees")
    op.execute("DROP VIEW v_totaux_commandes")
    for table in LOGGED:
        op.execute(f"DROP TRIGGER {table}_journal ON {table}")
    for table in TOUCHED:
        op.execute(f"DROP TRIGGER {table}_updated_at ON {table}")
    for function in ("societe_courante()", "total_commande(bigint)", "journaliser()", "maj_updated_at()"):
        op.execute(f"DROP FUNCTION {function}")
