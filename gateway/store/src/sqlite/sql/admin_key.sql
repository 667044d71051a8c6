-- Served by the unique index on scope and name.
select hash from api_key where scope = $1 and name = 'admin';
