-- The second half of the one-company shape: foreign keys, indexes, functions, triggers, views. After single.sql and the rows.

-- Foreign keys --------------------------------------------------------------------------------------------------------

ALTER TABLE role_permissions ADD FOREIGN KEY (role_id) REFERENCES roles ON DELETE CASCADE;
ALTER TABLE role_permissions ADD FOREIGN KEY (permission_id) REFERENCES permissions ON DELETE CASCADE;
ALTER TABLE user_sessions ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE materials ADD FOREIGN KEY (unit_code) REFERENCES units;

ALTER TABLE clients ADD FOREIGN KEY (created_by) REFERENCES users ON DELETE SET NULL;
ALTER TABLE contacts ADD FOREIGN KEY (client_id) REFERENCES clients ON DELETE CASCADE;
ALTER TABLE categories ADD FOREIGN KEY (parent_id) REFERENCES categories;
ALTER TABLE articles ADD FOREIGN KEY (categorie_id) REFERENCES categories;
ALTER TABLE articles ADD FOREIGN KEY (parent_id) REFERENCES articles;
ALTER TABLE articles ADD FOREIGN KEY (material_id) REFERENCES materials;
ALTER TABLE articles ADD FOREIGN KEY (unite_code) REFERENCES units ON UPDATE CASCADE;
ALTER TABLE articles ADD FOREIGN KEY (fournisseur_id) REFERENCES fournisseurs;

ALTER TABLE commandes ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE commandes ADD FOREIGN KEY (created_by) REFERENCES users ON DELETE SET NULL;
ALTER TABLE commandes ADD FOREIGN KEY (facture_acompte_id) REFERENCES factures DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE factures ADD FOREIGN KEY (commande_id) REFERENCES commandes DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE commande_lignes ADD FOREIGN KEY (commande_id) REFERENCES commandes ON DELETE CASCADE;
ALTER TABLE commande_lignes ADD FOREIGN KEY (article_id) REFERENCES articles NOT VALID;
ALTER TABLE facture_lignes ADD FOREIGN KEY (facture_id) REFERENCES factures ON DELETE CASCADE;
ALTER TABLE paiements ADD FOREIGN KEY (facture_id) REFERENCES factures NOT VALID;
ALTER TABLE documents ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE documents ADD FOREIGN KEY (created_by) REFERENCES users ON DELETE SET NULL;

-- Functions, indexes, triggers, views ---------------------------------------------------------------------------------

CREATE FUNCTION maj_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE INDEX user_sessions_expires_at_idx ON user_sessions (expires_at);
CREATE INDEX clients_recherche_idx ON clients USING gin (recherche);
CREATE INDEX contacts_client_id_idx ON contacts (client_id);
CREATE INDEX commandes_client_id_idx ON commandes (client_id);
CREATE INDEX factures_commande_id_idx ON factures (commande_id);

CREATE TRIGGER users_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION maj_updated_at();
CREATE TRIGGER clients_updated_at BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION maj_updated_at();
CREATE TRIGGER commandes_updated_at BEFORE UPDATE ON commandes FOR EACH ROW EXECUTE FUNCTION maj_updated_at();

CREATE VIEW v_totaux_commandes AS
    SELECT c.id, c.numero, sum(l.total) AS total, count(l.id) AS lignes
    FROM commandes c LEFT JOIN commande_lignes l ON l.commande_id = c.id
    GROUP BY c.id;

COMMENT ON TABLE users IS 'People who log in';
COMMENT ON TABLE clients IS 'Customers';
