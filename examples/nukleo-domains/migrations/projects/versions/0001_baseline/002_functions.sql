-- function public.current_user_id()
CREATE FUNCTION public.current_user_id() RETURNS text
    LANGUAGE sql STABLE
    RETURN current_setting('app.current_user_id'::text, true);
