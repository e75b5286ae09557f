-- Where mail from a domain comes back to when not to bounce_domain of the house: the domain
-- itself or one below it, so that SPF speaks for who sends.
alter table godwit.domains add column bounce_domain text
    check (bounce_domain = domain or right(bounce_domain, length(domain) + 1) = '.' || domain);
