-- Served by the primary key.
select bytes from plugin_blob where digest = $1;
