"""The shared database of a CRM's services: 74 entities, to become a database for each of sixteen services."""

from __future__ import annotations

from types import MappingProxyType

from .fields import uuid
from .monolith import Monolith, with_expired, with_orphans, with_soft_deleted, with_test_accounts

_GONE = 0x60  # of rows that never were


def _missing(row: int) -> str:
    return uuid(row, _GONE)


CRM_SERVICES = Monolith(
    name="crm-services",
    owner="organisation",
    rows=MappingProxyType(
        {
            "organisation": 8,
            "societe": 16,
            "facture_settings": 8,
            "compte": 24,
            "utilisateur": 200,
            "membre_compte": 240,
            "users_invitation_compte": 60,
            "organisations_invitation_compte": 30,
            "transporteur_compte": 16,
            "stripe_account": 8,
            "paypal_account": 8,
            "gocardless_account": 8,
            "carrier_account": 16,
            "gamme": 40,
            "produit": 300,
            "grille_tarifaire": 24,
            "prix_produit": 900,
            "client_base": 1_500,
            "client_entreprise": 700,
            "adresse": 2_000,
            "contrat": 1_200,
            "ligne_contrat": 3_000,
            "historique_statut_contrat": 2_500,
            "facture": 2_000,
            "ligne_facture": 6_000,
            "invoice": 400,
            "invoice_item": 1_200,
            "schedule": 800,
            "payment_intent": 2_000,
            "payment_event": 4_000,
            "commission": 1_200,
            "ligne_bordereau": 1_200,
            "colis": 500,
            "tracking_event": 1_500,
            "activite": 2_500,
            "evenement_suivi": 2_500,
            "notification": 2_500,
        }
    ),
    fixed=MappingProxyType(
        {
            "role": 6,
            "permission": 24,
            "role_permission": 60,
            "periode_facturation": 4,
            "facturation_par": 3,
            "referentiel_statut_client": 4,
            "referentiel_emission_facture": 3,
            "condition_paiement": 6,
            "statut_partenaire": 3,
            "role_partenaire": 4,
            "statut_facture": 5,
            "factures_emission_facture": 3,
            "statut_contrat": 5,
            "statut_commission": 4,
            "clients_statut_client": 4,
        }
    ),
    vocabulary=MappingProxyType(
        {
            "statut_facture.code": ("brouillon", "emise", "payee", "en_retard", "annulee"),
            "factures_emission_facture.code": ("email", "courrier", "portail"),
            "periode": tuple(f"{year}-{month:02}" for year in (2023, 2024) for month in range(1, 13)),
            "payment_event.type": ("payment.received", "payment.rejected", "mandate.created"),
            "evenement_suivi.type": ("client.created", "invoice.created", "contract.signed"),
            "etape": ("validation", "signature", "échéancier", "expédition"),
        }
    ),
    flaws=(
        with_test_accounts("utilisateur", "email", 8),
        with_expired("users_invitation_compte", "expiresAt", 15),
        with_soft_deleted("client_base", "deletedAt", 12),
        with_orphans("activite", "clientId", "client_base", _missing, 9),
        with_orphans("notification", "utilisateurId", "utilisateur", _missing, 7),
    ),
)
