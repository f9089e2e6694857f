ALTER TABLE public.users_invitation_compte RENAME TO invitation_compte;
