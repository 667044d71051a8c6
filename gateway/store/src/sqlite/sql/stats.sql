-- $1: scope; $2: from this minute on; $3: before this minute; $4: 0 all together | 1 by source | 2 by route | 3
-- by destination | 4 by plugin; $5: rows looked at at most, but for the rest of the first minute. The minutes,
-- then where the looking ended. Served by the primary key.
with bound (minute) as materialized (
  select t.minute
  from tally t
  where t.minute >= $2
    and t.minute < $3
  order by t.minute
  limit 1
  offset $5
),
edge (minute) as materialized (
  select iif(
    b.minute > (select min(t.minute) from tally t where t.minute >= $2),
    b.minute,
    b.minute + 1
  )
  from bound b
),
counted (minute, key, outcome, n, took_ms) as (
  select
    t.minute,
    case $4 when 1 then t.source when 2 then t.route when 3 then t.destination when 4 then t.plugin else 0 end,
    t.outcome, t.n, t.took_ms
  from tally t
  where t.minute >= $2
    and t.minute < coalesce((select g.minute from edge g), $3)
    and t.scope = $1
)
select 1 as found, c.minute, coalesce(n.slug, '') as name, c.outcome, sum(c.n), sum(c.took_ms)
from counted c
left join name n on n.id = c.key
where $4 = 0
   or c.key <> 0
group by c.minute, c.key, c.outcome
union all
select 0, g.minute, '', '', 0, 0
from edge g
order by 1 desc, 2, 3, 4;
