-- Snippets that nothing calls can be deleted.
grant delete on godwit.snippets to gw_api;
