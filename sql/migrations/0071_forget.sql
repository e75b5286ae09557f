-- Who erases a person takes him out of the rules of feature flags as well.
grant update on godwit.flags to gw_worker;
