-- $10 keys: [scope, source, fingerprint, event, oldest bucket of the window, 1 if it must be looked
--           for], sorted; the keys themselves in $11, 16 bytes each. $12: all buckets. $13: this hour.
-- Served by the primary key of dedupe, one look per bucket. The second of two equal keys conflicts.
insert into dedupe (bucket, scope, source, key, fingerprint, event)
select
  $13, k.value ->> 0, k.value ->> 1, substr($11, 1 + 16 * k.key, 16), k.value ->> 2, k.value ->> 3
from jsonb_each($10) k
where not (k.value ->> 5) or not exists (
  select 1
  from dedupe d
  where d.bucket in (select b.value from jsonb_each($12) b)
    and d.bucket >= k.value ->> 4
    and d.scope = k.value ->> 0
    and d.source = k.value ->> 1
    and d.key = substr($11, 1 + 16 * k.key, 16)
)
on conflict do nothing;
