/// For each hostile name a schema of that name, with objects of every kind named by it and suffixes.
enum HostileNames {
    static let batches = [objects]

    private static let objects = #"""
        create table public.names (n text primary key, number serial);
        insert into public.names (n) values ('a"b'), ('a.b'), ('"'), ('a""b"'), (''''), ('a''b'), ('a\b'), ('\'),
            ('a%b'), ('%I'), ('a b'), (' lead'), ('trail '), ('select'), ('SELECT'), ('Select'), ('order'),
            ('0123456789012345678901234567890123456789012345678901234567890ab'), (E'new\nline'), (E'cr\r\nlf'),
            (E'tab\t'), (E'\u00e9'), ('日本語'), ('שלום'), (E'\U0001F468\u200D\U0001F469'), ('$$'), ('$1'), ('--'),
            ('/*'), (';'), ('{a,b}'), ('NULL'), ('a,b'), ('*'), ('?'), ('${HOME}'), ('#'), (': '),
            ('x; Type: TABLE; Schema: y; Owner: -'), ('(a)'), ('public'), ('skein.task'), ('İıßK'), (E'\u200f'),
            ('字字字字字字字字字字字字字字字字字字字字字');
        create function public.cut(n text, suffix text) returns text language plpgsql as $$
        begin
          while octet_length(n) + octet_length(suffix) > 63 loop n := left(n, -1); end loop;
          return n || suffix;
        end $$;
        create function public.quiet() returns trigger language plpgsql as 'begin return new; end';
        do $do$
        declare n text; previous text;
        begin
          for n in select x.n from public.names x where x.n <> 'public' order by number loop
            execute format('create schema %I', n);
            execute format('create type %I.%I as enum (%L, %L)', n, cut(n,'e'), n, 'other');
            execute format('create domain %I.%I as text constraint %I check (value <> %L)', n, cut(n,'d'), n, n ||
                '!');
            execute format('create sequence %I.%I start 7', n, cut(n,'s'));
            execute format('create function %I.%I(%I text default %L) returns text language sql immutable as %L', n,
                n, n, n, 'select ' || quote_literal(n));
            execute
               %4$I text default %5$L, %6$I %1$I.%7$I default %5$L, %8$I %1$I.%9$I,
               %10$I bigint constraint %10$I check (%10$I is null or %10$I > 0), %11$I bigint default
               n, n, cut(n,'p'), cut(n,'t'), n, cut(n,'x'), cut(n,'e'), cut(n,'y'), cut(n,'d'), cut(n,'f'), cut(n,
                   'n'), format('%I.%I', n, cut(n,'s')));
            execute format('insert into %1$I.%1$I (%2$I) select %3$L || i from generate_series(1, 20) i', n,
                cut(n,'t'), n);
            execute format('create unique index %1$I on %2$I.%2$I (lower(%3$I), %2$I desc) where %2$I > 0',
                cut(n,'i'), n, cut(n,'t'));
            execute format('create view %1$I.%2$I as select %3$I as %1$I, %1$I.%1$I(%3$I) as %2$I from %1$I.%1$I',
                n, cut(n,'v'), cut(n,'t'));
            execute format('create materialized view %1$I.%2$I as select * from %1$I.%3$I', n, cut(n,'m'),
                cut(n,'v'));
            execute format('create unique index %1$I on %2$I.%3$I (%2$I, %4$I)', cut(n,'mi'), n, cut(n,'m'), cut(n,
                'v'));
            execute
                format('create trigger %1$I before insert on %1$I.%1$I for each row execute function public.quiet(%2$L)',
                n, n);
            execute format('create rule %2$I as on delete to %1$I.%1$I do also nothing', n, cut(n,'r'));
            execute format('create policy %1$I on %1$I.%1$I using (%2$I <> %3$L)', n, cut(n,'t'), n);
            execute format('create statistics %1$I.%2$I on %3$I, %1$I from %1$I.%1$I', n, cut(n,'st'), cut(n,'t'));
            execute format('comment on column %1$I.%1$I.%1$I is %2$L', n, n);
            execute format('comment on table %1$I.%1$I is %2$L', n, n);
            execute format('comment on constraint %2$I on %1$I.%1$I is %3$L', n, cut(n, 'p'), n);
            execute format('comment on index %1$I.%2$I is %3$L', n, cut(n, 'i'), n);
            -- partitions
            execute
                format('create table %1$I.%2$I (%1$I int, %3$I text, primary key (%1$I, %3$I)) partition by list (%3$I)',
                n, cut(n,'q'), cut(n,'k'));
            execute
                format('create table %1$I.%3$I partition of %1$I.%2$I for values in (%4$L) partition by range (%1$I)',
                n, cut(n,'q'), cut(n,'q1'), n);
            execute format('create table %1$I.%3$I partition of %1$I.%2$I default', n, cut(n,'q1'), cut(n,'q1d'));
            execute format('create table %1$I.%3$I partition of %1$I.%2$I default', n, cut(n,'q'), cut(n,'qd'));
            execute format('insert into %1$I.%2$I select i,
               case when i %% 2 = 0 then %3$L else %3$L || i end from generate_series(1, 20) i', n, cut(n,'q'), n);
            execute format('create index %1$I on %2$I.%3$I (%4$I)', cut(n,'qi'), n, cut(n,'q'), cut(n,'k'));
            -- a hypertable
            execute format('create table %1$I.%2$I (%1$I int primary key, %3$I timestamptz not null, %4$I text)', n,
                cut(n,'h'), cut(n,'z'), cut(n,'w'));
            execute format('insert into %1$I.%2$I select i, timestamptz ''2024-01-01'' + i * interval ''1 day'',
               %3$L || i %% 5 from generate_series(1, 30) i', n, cut(n,'h'), n);
            execute format('create index %1$I on %2$I.%3$I (%4$I)', cut(n,'hi'), n, cut(n,'h'), cut(n,'w'));
            if previous is not null then
              execute format('update %1$I.%1$I set %2$I = %1$I', n, cut(n,'f'));
              execute format('alter table %1$I.%1$I add constraint %2$I foreign key (%3$I)
               references %4$I.%4$I on delete set null', n, cut(n,'fk'), cut(n,'f'), previous);
            end if;
            previous := n;
          end loop;
        end $do$;
        """#
}
