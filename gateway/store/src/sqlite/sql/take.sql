-- $18 wants: [scope, lane, count, bytes, token, 1 for suspects | 0 for others]; $19: the owner; $20: the
-- greatest count. A suspect was lost 3 times: `limits::LOST_SUSPECT`, which a test holds this to.
-- Served by delivery_due and delivery_suspect: longest due first, as many as fit. Of the two looks for a want
-- one ends before it begins.
insert into temp.taken (delivery, token)
select id, token
from (
  select
    d.id as id,
    w.value ->> 4 as token,
    w.value ->> 2 as count_max,
    w.value ->> 3 as bytes_max,
    row_number() over lane as n,
    sum(d.bytes) over lane as bytes
  from jsonb_each($18) w
  cross join delivery d
  where d.id in (
    select id
    from (
      select q.id
      from delivery q
      where q.owner is null
        and q.scope = w.value ->> 0
        and q.lane = w.value ->> 1
        and q.due <= $1
        and q.lost < 3
        and w.value ->> 5 = 0
      order by q.due, q.id
      limit $20
    )
    union all
    select id
    from (
      select q.id
      from delivery q
      where q.owner is null
        and q.scope = w.value ->> 0
        and q.lane = w.value ->> 1
        and q.due <= $1
        and q.lost >= 3
        and w.value ->> 5 = 1
      order by q.due, q.id
      limit $20
    )
  )
  window lane as (partition by w.key order by d.due, d.id rows unbounded preceding)
)
where n <= count_max
  and bytes <= bytes_max
order by id;

update delivery
set owner = $19,
    token = (select t.token from temp.taken t where t.delivery = delivery.id)
where id in (select t.delivery from temp.taken t)
  and owner is null;

select
  3 as result, d.id, d.token, d.scope, d.route, d.destination, d.lane, d.recipe, d.message, d.path,
  d.attempts, d.plugin_tries, d.lost, d.bytes, d.due, e.id, coalesce(n.slug, ''), e.type, e.subject,
  e.order_key, e.received_at, e.headers, e.body, e.hops, d.owner,
  exists (select 1 from kept k where k.delivery = d.id)
from temp.taken t
cross join delivery d on d.id = t.delivery
cross join event e on e.id = d.event
left join name n on n.id = e.source
order by d.due, d.id;

delete from temp.taken;
