/// What `skein clean` must not leave behind, on either side.
package enum Leftovers {
    /// One line each. `events` had the default replica identity before.
    package static let query = """
        select 'slot ' || slot_name from pg_catalog.pg_replication_slots
        where database = current_database() and slot_name like 'skein%'
        union all select 'publication ' || pubname from pg_catalog.pg_publication where pubname like 'skein%'
        union all select 'schema ' || nspname from pg_catalog.pg_namespace where nspname like 'skein%'
        union all select 'origin ' || roname from pg_catalog.pg_replication_origin where roname like 'skein%'
        union all
        select 'replica identity ' || relreplident::text || ' of ' || relname from pg_catalog.pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relreplident <> 'd'
        """
}
