-- $3: the oldest bucket that is kept; $4: keys at most, of one source of the oldest bucket.
-- Served by the primary key of dedupe: a range of it is deleted, nothing else is read.
insert into temp.forgotten (bucket, scope, source, below)
select d.bucket, d.scope, d.source, (
  select k.key
  from dedupe k
  where k.bucket = d.bucket
    and k.scope = d.scope
    and k.source = d.source
  order by k.key
  limit 1
  offset $4
)
from dedupe d
where d.bucket < $3
order by d.bucket, d.scope, d.source
limit 1;

delete from dedupe
where bucket = (select f.bucket from temp.forgotten f)
  and scope = (select f.scope from temp.forgotten f)
  and source = (select f.source from temp.forgotten f)
  and key < coalesce((select f.below from temp.forgotten f), x'ffffffffffffffffffffffffffffffffff');

select changes() as forgotten;

delete from temp.forgotten;
