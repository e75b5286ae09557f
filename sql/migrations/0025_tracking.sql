-- A campaign may leave links as they are and go without a pixel.

alter table godwit.campaigns add column tracking boolean not null default true;
