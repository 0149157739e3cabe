/// A small database whose migration takes a moment and has something of everything that commands talk about.
enum CommandSource {
    static let sql = [
        """
        create table devices (id int primary key, name text not null unique);
        insert into devices select i, 'device ' || i from generate_series(1, 200) i;
        create table readings (device_id int references devices, time timestamptz, value float8,
            primary key (device_id, time));
        insert into readings select i % 200 + 1, timestamptz '2026-01-01' + i * interval '1 min', i / 7.0
            from generate_series(1, 5000) i;
        create table notes (body text);
        insert into notes values ('a'), ('b'), ('b');
        create view named as select * from devices;
        """,
        "analyze",
    ]

    static let tables = ["public.devices", "public.notes", "public.readings"]
    static let rows = 5_203

    /// A foreign key that the source believes and its rows do not.
    static let violation = """
        begin; set local session_replication_role = replica;
        update public.readings set device_id = 999 where device_id = 7 and time = (
            select min(time) from public.readings where device_id = 7);
        commit
        """
}
