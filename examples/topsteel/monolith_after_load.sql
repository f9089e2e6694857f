-- The second half of the monolith: foreign keys, indexes, functions, triggers, views, policies, comments and grants.
-- Run it after monolith.sql, and after the rows where there are any.

-- Foreign keys --------------------------------------------------------------------------------------------------------

-- A cycle: a company names its contact person, a user its usual company.
ALTER TABLE societes ADD FOREIGN KEY (responsable_id) REFERENCES users;
ALTER TABLE users ADD FOREIGN KEY (societe_defaut_id) REFERENCES societes;
ALTER TABLE role_permissions ADD FOREIGN KEY (role_id) REFERENCES roles ON DELETE CASCADE;
ALTER TABLE role_permissions ADD FOREIGN KEY (permission_id) REFERENCES permissions ON DELETE CASCADE;
ALTER TABLE societe_users ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE societe_users ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE societe_users ADD FOREIGN KEY (role_id) REFERENCES roles;
ALTER TABLE user_sessions ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE api_tokens ADD FOREIGN KEY (societe_id, user_id) REFERENCES societe_users (societe_id, user_id) ON DELETE CASCADE;

ALTER TABLE materials ADD FOREIGN KEY (unit_code) REFERENCES units;
ALTER TABLE material_standards ADD FOREIGN KEY (material_id) REFERENCES materials ON DELETE CASCADE;
ALTER TABLE material_standards ADD FOREIGN KEY (standard_id) REFERENCES quality_standards;

ALTER TABLE clients ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE clients ADD FOREIGN KEY (created_by) REFERENCES users ON DELETE SET NULL;
ALTER TABLE contacts ADD FOREIGN KEY (client_id) REFERENCES clients ON DELETE CASCADE;
ALTER TABLE fournisseurs ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE categories ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE categories ADD FOREIGN KEY (parent_id) REFERENCES categories;
ALTER TABLE articles ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE articles ADD FOREIGN KEY (categorie_id) REFERENCES categories;
ALTER TABLE articles ADD FOREIGN KEY (parent_id) REFERENCES articles;
ALTER TABLE articles ADD FOREIGN KEY (material_id) REFERENCES materials;
ALTER TABLE articles ADD FOREIGN KEY (unite_code) REFERENCES units ON UPDATE CASCADE;
ALTER TABLE articles ADD FOREIGN KEY (fournisseur_id) REFERENCES fournisseurs;
ALTER TABLE nomenclatures ADD FOREIGN KEY (article_id) REFERENCES articles ON DELETE CASCADE;
ALTER TABLE nomenclatures ADD FOREIGN KEY (composant_id) REFERENCES articles;
ALTER TABLE exercices ADD FOREIGN KEY (societe_id) REFERENCES societes;

ALTER TABLE devis ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE devis ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE devis ADD FOREIGN KEY (created_by) REFERENCES users ON DELETE SET NULL;
ALTER TABLE devis_lignes ADD FOREIGN KEY (devis_id) REFERENCES devis ON DELETE CASCADE;
ALTER TABLE devis_lignes ADD FOREIGN KEY (material_id) REFERENCES materials;
ALTER TABLE commandes ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE commandes ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE commandes ADD FOREIGN KEY (devis_id) REFERENCES devis;
ALTER TABLE commandes ADD FOREIGN KEY (created_by) REFERENCES users ON DELETE SET NULL;
-- A cycle, deferrable: an order and the invoice of its deposit are written in one transaction.
ALTER TABLE commandes ADD FOREIGN KEY (facture_acompte_id) REFERENCES factures DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE factures ADD FOREIGN KEY (commande_id) REFERENCES commandes DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE commande_lignes ADD FOREIGN KEY (commande_id) REFERENCES commandes ON DELETE CASCADE;
-- Added years later, when some articles had been deleted from under their lines: never validated.
ALTER TABLE commande_lignes ADD FOREIGN KEY (article_id) REFERENCES articles NOT VALID;
ALTER TABLE livraisons ADD FOREIGN KEY (commande_id) REFERENCES commandes;
ALTER TABLE livraison_lignes ADD FOREIGN KEY (livraison_id) REFERENCES livraisons ON DELETE CASCADE;
ALTER TABLE livraison_lignes ADD FOREIGN KEY (commande_ligne_id) REFERENCES commande_lignes;
ALTER TABLE certificats_matiere ADD FOREIGN KEY (livraison_ligne_id) REFERENCES livraison_lignes;
ALTER TABLE facture_lignes ADD FOREIGN KEY (facture_id) REFERENCES factures ON DELETE CASCADE;
-- The same story: payments of invoices that are gone.
ALTER TABLE paiements ADD FOREIGN KEY (facture_id) REFERENCES factures NOT VALID;
ALTER TABLE rapprochements ADD FOREIGN KEY (paiement_id) REFERENCES paiements;

ALTER TABLE depots ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE stocks ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE stocks ADD FOREIGN KEY (societe_id, depot_code) REFERENCES depots (societe_id, code);
ALTER TABLE stocks ADD FOREIGN KEY (article_id) REFERENCES articles;
ALTER TABLE stock_mouvements ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE stock_mouvements ADD FOREIGN KEY (societe_id, depot_code, article_id)
    REFERENCES stocks (societe_id, depot_code, article_id);
ALTER TABLE "BonDeCommande" ADD FOREIGN KEY ("societeId") REFERENCES societes;
ALTER TABLE "BonDeCommande" ADD FOREIGN KEY ("fournisseurId") REFERENCES fournisseurs;

ALTER TABLE documents ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE documents ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE documents ADD FOREIGN KEY (created_by) REFERENCES users ON DELETE SET NULL;
ALTER TABLE notifications ADD FOREIGN KEY (societe_id) REFERENCES societes;
ALTER TABLE notifications ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE parametres ADD FOREIGN KEY (societe_id) REFERENCES societes;

-- Functions -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION maj_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

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
$$;

CREATE FUNCTION normaliser_reference(reference text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN upper(regexp_replace(reference, '[^[:alnum:]]', '', 'g'));

CREATE FUNCTION total_commande(commande bigint) RETURNS numeric
    LANGUAGE sql STABLE
    AS 'SELECT coalesce(sum(total), 0) FROM commande_lignes WHERE commande_id = commande';

CREATE FUNCTION societe_courante() RETURNS integer
    LANGUAGE sql STABLE
    AS $$SELECT nullif(current_setting('app.societe_id', true), '')::integer$$;

-- Spans what will be apart after the split: users on one side, orders and quotes on the other.
CREATE FUNCTION activite_utilisateur(utilisateur bigint) RETURNS TABLE (email text, commandes bigint, devis bigint)
    LANGUAGE sql STABLE
    AS $$
        SELECT u.email::text,
               (SELECT count(*) FROM commandes c WHERE c.created_by = u.id),
               (SELECT count(*) FROM devis d WHERE d.created_by = u.id)
        FROM users u
        WHERE u.id = utilisateur
    $$;

-- Indexes. Some foreign keys have none, as in any monolith of ten years. ----------------------------------------------

CREATE INDEX user_sessions_user_id_idx ON user_sessions (user_id);
CREATE INDEX user_sessions_expires_at_idx ON user_sessions (expires_at);
CREATE INDEX societe_users_user_id_idx ON societe_users (user_id);
CREATE INDEX users_actifs_idx ON users (lower(email)) WHERE deleted_at IS NULL;
CREATE INDEX clients_recherche_idx ON clients USING gin (recherche);
CREATE INDEX clients_actifs_idx ON clients (societe_id, raison_sociale) WHERE deleted_at IS NULL;
CREATE INDEX contacts_client_id_idx ON contacts (client_id);
CREATE INDEX articles_reference_normalisee_idx ON articles (societe_id, normaliser_reference(reference));
CREATE INDEX articles_caracteristiques_idx ON articles USING gin (caracteristiques jsonb_path_ops);
CREATE INDEX devis_client_id_idx ON devis (client_id);
CREATE INDEX commandes_client_id_idx ON commandes (client_id);
CREATE INDEX commandes_date_idx ON commandes (societe_id, date_commande DESC) INCLUDE (montant_ht);
CREATE INDEX commande_lignes_article_id_idx ON commande_lignes (article_id);
CREATE INDEX livraisons_commande_id_idx ON livraisons (commande_id);
CREATE INDEX livraison_lignes_livraison_id_idx ON livraison_lignes (livraison_id);
CREATE INDEX factures_commande_id_idx ON factures (commande_id);
CREATE INDEX paiements_facture_id_idx ON paiements (facture_id);
CREATE INDEX stock_mouvements_stock_idx ON stock_mouvements (societe_id, depot_code, article_id);
CREATE INDEX audit_log_created_at_idx ON audit_log USING brin (created_at);
CREATE UNIQUE INDEX parametres_globaux_idx ON parametres (cle) WHERE societe_id IS NULL;

-- Triggers ------------------------------------------------------------------------------------------------------------

CREATE TRIGGER societes_updated_at BEFORE UPDATE ON societes FOR EACH ROW EXECUTE FUNCTION maj_updated_at();
CREATE TRIGGER users_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION maj_updated_at();
CREATE TRIGGER materials_updated_at BEFORE UPDATE ON materials FOR EACH ROW EXECUTE FUNCTION maj_updated_at();
CREATE TRIGGER clients_updated_at BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION maj_updated_at();
CREATE TRIGGER articles_updated_at BEFORE UPDATE ON articles FOR EACH ROW EXECUTE FUNCTION maj_updated_at();
CREATE TRIGGER commandes_updated_at BEFORE UPDATE ON commandes FOR EACH ROW EXECUTE FUNCTION maj_updated_at();
CREATE TRIGGER clients_journal AFTER INSERT OR UPDATE OR DELETE ON clients FOR EACH ROW EXECUTE FUNCTION journaliser();
CREATE TRIGGER commandes_journal AFTER INSERT OR UPDATE OR DELETE ON commandes FOR EACH ROW EXECUTE FUNCTION journaliser();

-- Views ---------------------------------------------------------------------------------------------------------------

CREATE VIEW v_utilisateurs_actifs AS
    SELECT u.id, u.email, u.nom, s.code AS societe
    FROM users u LEFT JOIN societes s ON s.id = u.societe_defaut_id
    WHERE u.deleted_at IS NULL;

-- Grouped by a primary key: PostgreSQL lets it name c.numero only as long as that key exists.
CREATE VIEW v_totaux_commandes AS
    SELECT c.id, c.societe_id, c.numero, sum(l.total) AS total, count(l.id) AS lignes
    FROM commandes c LEFT JOIN commande_lignes l ON l.commande_id = c.id
    GROUP BY c.id;

CREATE VIEW v_factures_impayees AS
    SELECT f.id, f.numero, f.echeance, f.total_ttc - coalesce(sum(p.montant), 0) AS reste
    FROM factures f LEFT JOIN paiements p ON p.facture_id = f.id
    WHERE f.statut <> 'payee'
    GROUP BY f.id;

CREATE MATERIALIZED VIEW mv_chiffre_affaires AS
    SELECT c.societe_id, date_trunc('month', c.date_commande)::date AS mois, sum(c.montant_ht) AS chiffre_affaires
    FROM commandes c
    WHERE c.statut <> 'annulee'
    GROUP BY 1, 2;
CREATE UNIQUE INDEX mv_chiffre_affaires_idx ON mv_chiffre_affaires (societe_id, mois);

-- Spans what will be apart after the split.
CREATE VIEW v_commandes_par_utilisateur AS
    SELECT u.email, c.societe_id, count(*) AS commandes, sum(c.montant_ht) AS montant_ht
    FROM users u JOIN commandes c ON c.created_by = u.id
    GROUP BY u.email, c.societe_id;

-- Roles, row level security, grants -----------------------------------------------------------------------------------

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
$$;

ALTER TABLE clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE commandes ENABLE ROW LEVEL SECURITY;
CREATE POLICY clients_par_societe ON clients TO topsteel_app
    USING (societe_id = societe_courante()) WITH CHECK (societe_id = societe_courante());
CREATE POLICY commandes_par_societe ON commandes TO topsteel_app
    USING (societe_id = societe_courante()) WITH CHECK (societe_id = societe_courante());
CREATE POLICY commandes_lecture ON commandes FOR SELECT TO topsteel_lecture
    USING (statut <> 'brouillon');

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO topsteel_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO topsteel_app;
REVOKE INSERT, UPDATE, DELETE ON audit_log FROM topsteel_app;
GRANT SELECT ON commandes, commande_lignes, v_totaux_commandes, mv_chiffre_affaires TO topsteel_lecture;
GRANT SELECT (id, prenom, nom) ON users TO topsteel_lecture;
REVOKE EXECUTE ON FUNCTION activite_utilisateur(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION activite_utilisateur(bigint) TO topsteel_app;

-- Comments ------------------------------------------------------------------------------------------------------------

COMMENT ON TABLE societes IS 'Sociétés : one row per company (the tenants)';
COMMENT ON COLUMN societes.code IS 'Short name; names the database of the company after the split';
COMMENT ON TABLE users IS 'People who log in, whatever companies they work for';
COMMENT ON COLUMN user_sessions.token_hash IS 'SHA-256 of the token; the token itself is never stored';
COMMENT ON TABLE materials IS 'Nuances d''acier : grades of steel, common to all companies';
COMMENT ON TABLE clients IS 'Customers of a company';
COMMENT ON COLUMN clients.recherche IS 'Full text over name and notes, maintained by the server';
COMMENT ON COLUMN commande_lignes."order" IS 'Position of the line in its order';
COMMENT ON TABLE stock_mouvements IS 'Every movement of stock, one partition per year';
COMMENT ON VIEW v_totaux_commandes IS 'Orders with the sum of their lines';
COMMENT ON FUNCTION total_commande(bigint) IS 'Sum of the lines of an order, before tax';
COMMENT ON INDEX clients_recherche_idx IS 'Serves the search box';
COMMENT ON CONSTRAINT exercices_sans_chevauchement ON exercices IS 'Fiscal years of one company do not overlap';
COMMENT ON SEQUENCE numero_piece_seq IS 'Numbers of quotes and orders';
