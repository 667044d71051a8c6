-- $3: scope; $4: above this id; $5: below this id; $6: events looked at at most; $7: rows deleted at most, but
-- for the first event. What is planned is found by the range of ids that the event notes; replays and
-- children by delivery_again and finished_again.
insert into temp.looked (event, first, last, planned, is_free)
select
  e.id, e.delivery_first, e.delivery_last, e.deliveries,
  e.scope = $3
  and not exists (
    select 1
    from delivery d
    where d.id between e.delivery_first and e.delivery_last
      and d.event = e.id
  )
  and not exists (
    select 1
    from delivery d
    where d.event = e.id
      and (d.replay_of is not null or d.parent is not null)
  )
from event e
where e.id > $4
  and e.id < $5
order by e.id
limit $6;

delete from temp.looked
where event >= (
  select min(r.event)
  from (
    select
      l.event,
      sum(1 + l.planned) over (order by l.event) as rows,
      row_number() over (order by l.event) as n
    from temp.looked l
    where l.is_free
  ) r
  where r.rows > $7
    and r.n > 1
);

insert into temp.gone (delivery)
select p.id
from temp.looked l
cross join finished p
where l.is_free
  and p.id between l.first and l.last
  and p.event = l.event;

insert or ignore into temp.gone (delivery)
select r.id
from temp.looked l
cross join finished r
where l.is_free
  and r.event = l.event
  and (r.replay_of is not null or r.parent is not null);

delete from attempt
where delivery in (select g.delivery from temp.gone g);

delete from kept
where delivery in (select g.delivery from temp.gone g);

delete from finished
where id in (select g.delivery from temp.gone g);

delete from event
where id in (select l.event from temp.looked l where l.is_free);

select
  coalesce(max(l.event), 0) as upto,
  count(*) filter (where l.is_free) as events,
  (select count(*) from temp.gone g) as deliveries
from temp.looked l;

delete from temp.looked;

delete from temp.gone;
