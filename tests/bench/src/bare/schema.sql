-- The least a store needs to lose nothing: what was accepted, what of it is still to be sent, and each
-- attempt. The body has a row of its own, so that ending a delivery does not write it again.
create table event (
    id integer primary key,
    received_at_ms integer not null,
    body blob not null
);

create table pending (
    event integer primary key
);

create table attempt (
    event integer primary key,
    ended_at_ms integer not null,
    status integer not null
);
