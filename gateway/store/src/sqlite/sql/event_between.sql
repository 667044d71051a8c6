-- $1: above this id; $2: below this id. Served by the primary key.
select exists (select 1 from event e where e.id > $1 and e.id < $2);
