-- What no target's tree makes, with the reason. Nothing executes this file.

-- table public.alembic_version: alembic_version has no target
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);

-- constraint public.alembic_version alembic_version_pkc: alembic_version has no target
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

-- foreign key public.activities activities_performed_by_fkey: what it needs ends up apart: activities (tenant), api_users (auth)
ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_performed_by_fkey FOREIGN KEY (performed_by) REFERENCES public.api_users(id);

-- foreign key public.agent_conversations agent_conversations_agent_id_fkey: what it needs ends up apart: agent_conversations (tenant), ai_agents (shared)
ALTER TABLE ONLY public.agent_conversations
    ADD CONSTRAINT agent_conversations_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES public.ai_agents(id);

-- foreign key public.agent_tasks agent_tasks_agent_id_fkey: what it needs ends up apart: agent_tasks (tenant), ai_agents (shared)
ALTER TABLE ONLY public.agent_tasks
    ADD CONSTRAINT agent_tasks_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES public.ai_agents(id);

-- foreign key public.ai_conversations ai_conversations_user_id_fkey: what it needs ends up apart: ai_conversations (tenant), api_users (auth)
ALTER TABLE ONLY public.ai_conversations
    ADD CONSTRAINT ai_conversations_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.api_users(id);

-- foreign key public.call_logs call_logs_user_id_fkey: what it needs ends up apart: api_users (auth), call_logs (tenant)
ALTER TABLE ONLY public.call_logs
    ADD CONSTRAINT call_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.api_users(id);

-- foreign key public.churn_predictions churn_predictions_model_id_fkey: what it needs ends up apart: churn_predictions (tenant), prediction_models (shared)
ALTER TABLE ONLY public.churn_predictions
    ADD CONSTRAINT churn_predictions_model_id_fkey FOREIGN KEY (model_id) REFERENCES public.prediction_models(id);

-- foreign key public.contracts contracts_template_id_fkey: what it needs ends up apart: contract_templates (shared), contracts (tenant)
ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT contracts_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.contract_templates(id);

-- foreign key public.lead_scores lead_scores_model_id_fkey: what it needs ends up apart: lead_scores (tenant), prediction_models (shared)
ALTER TABLE ONLY public.lead_scores
    ADD CONSTRAINT lead_scores_model_id_fkey FOREIGN KEY (model_id) REFERENCES public.prediction_models(id);

-- foreign key public.marketing_campaigns marketing_campaigns_email_template_id_fkey: what it needs ends up apart: email_templates (shared), marketing_campaigns (tenant)
ALTER TABLE ONLY public.marketing_campaigns
    ADD CONSTRAINT marketing_campaigns_email_template_id_fkey FOREIGN KEY (email_template_id) REFERENCES public.email_templates(id);

-- foreign key public.marketing_campaigns marketing_campaigns_sms_template_id_fkey: what it needs ends up apart: marketing_campaigns (tenant), sms_templates (shared)
ALTER TABLE ONLY public.marketing_campaigns
    ADD CONSTRAINT marketing_campaigns_sms_template_id_fkey FOREIGN KEY (sms_template_id) REFERENCES public.sms_templates(id);

-- foreign key public.payroll_periods payroll_periods_approved_by_fkey: what it needs ends up apart: api_users (auth), payroll_periods (tenant)
ALTER TABLE ONLY public.payroll_periods
    ADD CONSTRAINT payroll_periods_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.api_users(id);

-- foreign key public.revenue_forecasts revenue_forecasts_model_id_fkey: what it needs ends up apart: prediction_models (shared), revenue_forecasts (tenant)
ALTER TABLE ONLY public.revenue_forecasts
    ADD CONSTRAINT revenue_forecasts_model_id_fkey FOREIGN KEY (model_id) REFERENCES public.prediction_models(id);

-- foreign key public.sms_consent_audit sms_consent_audit_performed_by_fkey: what it needs ends up apart: api_users (auth), sms_consent_audit (tenant)
ALTER TABLE ONLY public.sms_consent_audit
    ADD CONSTRAINT sms_consent_audit_performed_by_fkey FOREIGN KEY (performed_by) REFERENCES public.api_users(id);

-- foreign key public.tickets tickets_assigned_to_fkey: what it needs ends up apart: api_users (auth), tickets (tenant)
ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_assigned_to_fkey FOREIGN KEY (assigned_to) REFERENCES public.api_users(id);
