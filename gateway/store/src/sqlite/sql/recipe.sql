-- Served by the primary key.
select json from recipe where digest = $1;
