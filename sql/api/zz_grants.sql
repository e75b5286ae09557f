-- Who may run the operations: nobody by default, then edge and worker.
revoke all on all functions in schema api from public;
grant execute on all functions in schema api to gw_edge, gw_worker;
