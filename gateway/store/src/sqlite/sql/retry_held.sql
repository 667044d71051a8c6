-- $3: scope; $4: ids, as JSON; $5: actor; $6: the filter. Served by the primary key of delivery.
-- One crash stays noted: with it the delivery renders with today's components.
update delivery
set due = $1,
    plugin_tries = min(plugin_tries, 1)
where id in (select p.value from json_each($4) p)
  and scope = $3
  and owner is null
  and due is null;

select changes() as retried;

insert into audit (pos, scope, actor, at, what, subject, detail)
select $2, $3, $5, $1, 'delivery.retry_all', changes(), $6
where changes() > 0;
