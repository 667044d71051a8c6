-- Served by the primary key of dedupe: one look per bucket, hopping from bucket to bucket.
with recursive hop (bucket) as (
  select min(bucket) from dedupe
  union all
  select (select min(d.bucket) from dedupe d where d.bucket > h.bucket)
  from hop h
  where h.bucket is not null
)
select bucket from hop where bucket is not null;
