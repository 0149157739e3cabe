/// A database to select from: what is selected, what is not, and what lies between; a batch is one implicit transaction.
enum SelectionDatabase {
    static let batches = [
        #"""
        create schema app;
        create schema audit;
        create schema "Other App";
        create table app.customer (id serial primary key, name text);
        create index customer_name on app.customer (name);
        create index customer_slow on app.customer (lower(name));
        create table app.orders (id serial primary key, customer int references app.customer, total numeric);
        create table app.tmp_import (id serial primary key, line text);
        create table app.tmp_old (id int primary key);
        create table app.kept_tmp (id int primary key, import int, constraint to_import foreign key (import) references
            app.tmp_import);
        create table app.log (id int primary key, line text);
        create table app.parts (id int, kind text) partition by list (kind);
        create table app.parts_a partition of app.parts for values in ('a');
        create table app.parts_b partition of app.parts for values in ('b');
        create table audit.entry (id serial primary key, who int references app.customer);
        create table "Other App"."Table" (id int primary key);
        create function audit.note() returns int language sql as 'select 1';
        create type audit.kind as enum ('x');
        create view app.totals as select customer, sum(total) from app.orders group by customer;
        create view app.imports as select * from app.tmp_import;
        create view app.over_imports as select count(*) from app.imports;
        create materialized view app.slow as select * from app.totals;
        create materialized view app.over_slow as select count(*) from app.slow;
        create materialized view app.daily as select count(*) from app.orders;
        create sequence app.loose;
        create extension citext schema app;
        create extension hstore schema app;
        """#,
        #"""
        insert into app.customer (name) select 'c' || i from generate_series(1, 100) i;
        insert into app.orders (customer, total) select i, i from generate_series(1, 100) i;
        insert into app.tmp_import (line) select 'l' || i from generate_series(1, 100) i;
        insert into app.tmp_old values (1);
        insert into app.kept_tmp select i, i from generate_series(1, 100) i;
        insert into app.log select i, 'l' from generate_series(1, 100) i;
        insert into app.parts values (1, 'a'), (2, 'b');
        insert into audit.entry (who) select i from generate_series(1, 10) i;
        insert into "Other App"."Table" values (1);
        refresh materialized view app.slow;
        refresh materialized view app.over_slow;
        refresh materialized view app.daily;
        """#,
    ]
}
