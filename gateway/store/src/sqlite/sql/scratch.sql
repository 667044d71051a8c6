-- Rows of one transaction, in memory, of the writer's connection alone.
create temp table taken (delivery integer primary key, token integer not null);

create temp table adopted (delivery integer primary key, counted integer not null);

create temp table looked (
  event integer primary key, first integer, last integer, planned integer not null, is_free integer not null
);

create temp table gone (delivery integer primary key);

create temp table forgotten (bucket integer not null, scope integer not null, source integer not null, below blob);
