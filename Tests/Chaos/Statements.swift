/// What writers do: changes made by dice, one after the other.
struct Statements {
    var dice: Dice
    /// Whether rows of the table without identity are updated and deleted, too.
    let changesLog: Bool
    /// Whether numbers are NaN and infinite, too.
    let isBeyondNumbers: Bool

    private enum Change: CaseIterable {
        case accounts, orders, readings, documents, tickets, events, log, names, parts, pairs, places, scratch
        case message, bulk
    }

    private static let weights: [(Int, Change)] = [
        (10, .accounts), (6, .orders), (10, .readings), (8, .documents), (5, .tickets), (6, .events), (4, .log),
        (6, .names), (6, .parts), (4, .pairs), (3, .places), (4, .scratch), (1, .message), (1, .bulk),
    ]

    /// The statements of one change.
    mutating func next() -> [String] {
        switch dice.pick(weighted: Self.weights) {
        case .accounts: [accounts()]
        case .orders: [orders()]
        case .readings: [readings()]
        case .documents: documents()
        case .tickets: [tickets()]
        case .events: [events()]
        case .log: [log()]
        case .names: [names()]
        case .parts: [parts()]
        case .pairs: pairs()
        case .places: [places()]
        case .scratch: [scratch()]
        case .message: ["select pg_logical_emit_message(\(dice.chance(0.5)), 'application', \(text()))"]
        case .bulk: [bulk()]
        }
    }

    // MARK: One table's changes

    private mutating func accounts() -> String {
        let (id, other) = (account(), account())
        return switch dice.roll(0...5) {
        case 0: "insert into accounts (id, owner, balance) values (nextval('account_number'), \(text()), \(number()))"
        case 1:
            "insert into accounts (id, owner, ratio) values (\(other), \(text()), \(float())) on conflict do nothing"
        case 2: "delete from accounts where id between \(id) and \(id + 2)"
        // The key moves, often to another piece; the orders follow.
        case 3:
            "update accounts set id = \(other) where id = \(id) and not exists (select from accounts where id = \(other))"
        case 4: "update accounts set owner = \(text()), mood = 'happy', ratio = \(float()) where id = \(id)"
        default: "update accounts set balance = balance + \(dice.roll(1...9)) where id between \(id) and \(id + 5)"
        }
    }

    private mutating func orders() -> String {
        switch dice.roll(0...2) {
        case 0: "update orders set amount = \(number()) where id = \(dice.roll(1...9000))"
        case 1: "delete from orders where id = \(dice.roll(1...9000))"
        default:
            "insert into orders (account_id, amount) select id, \(number()) from accounts where id > \(account()) order by id limit 3"
        }
    }

    private mutating func readings() -> String {
        let device = dice.roll(0...39)
        let first = "select time from readings where device_id = \(device) and time > \(time()) order by time limit 1"
        return switch dice.roll(0...4) {
        case 0:
            """
            insert into readings select \(device), \(time()) + n * interval '1.7 s', \(float()), '{"n": 1}'
            from generate_series(1, \(dice.roll(1...6))) n on conflict do nothing
            """
        case 1: "delete from readings where device_id = \(device) and time = (\(first))"
        // From one chunk to another.
        case 2: "update readings set time = \(time()) where device_id = \(device) and time = (\(first))"
        case 3:
            "update readings set device_id = device_id + 40, value = \(float()) where device_id = \(device) and time = (\(first))"
        default:
            "update readings set value = \(float()), payload = null where device_id = \(device) and time = (\(first))"
        }
    }

    private mutating func documents() -> [String] {
        let (id, other) = (dice.roll(1...1400), dice.roll(-200...3000))
        return switch dice.roll(0...5) {
        case 0: ["update documents set version = version + 1 where id = \(id)"]
        case 1: ["update documents set version = version + 1, body = repeat(\(text()) || 'b', 500) where id = \(id)"]
        // The key moves, and the values that lie outside the row are not sent.
        case 2:
            [
                "update documents set id = \(other) where id = \(id) and not exists (select from documents where id = \(other))"
            ]
        case 3:
            [
                "delete from documents where id = \(id)",
                "insert into documents values (\(id), 1, repeat(\(text()) || 'i', 300), null)",
                "update documents set version = 2 where id = \(id)",
            ]
        case 4: ["update documents set extra = null, version = -1 where id = \(id)"]
        default: ["update documents set version = version + 1 where id between \(id) and \(id + 3)"]
        }
    }

    private mutating func tickets() -> String {
        let id = dice.roll(1...2500)
        return switch dice.roll(0...4) {
        case 0: "insert into tickets (subject, details) values (\(text()), repeat('d', \(dice.roll(0...9000))))"
        case 1: "update tickets set id = default where id = \(id)"
        case 2: "delete from tickets where id = \(id)"
        case 3:
            "insert into tickets (id, subject) overriding system value values (\(-dice.roll(1...100000)), \(text())) on conflict do nothing"
        default: "update tickets set subject = \(text()) where id = \(id)"
        }
    }

    private mutating func events() -> String {
        let one = "ctid = (select ctid from events where kind = \(dice.roll(0...49)) limit 1)"
        return switch dice.roll(0...3) {
        case 0:
            "insert into events select \(dice.roll(0...49)), 'event', \(beyond(dice.pick(["1.0", "1.00", "null", "'NaN'"]))), null from generate_series(1, 3)"
        case 1: "delete from events where \(one)"
        case 2: "update events set weight = \(dice.pick(["1.5", "1.500", "null"])), body = \(text()) where \(one)"
        default: "update events set at = \(dice.pick(["'infinity'", "null", "'2026-01-01 12:00'"])) where \(one)"
        }
    }

    private mutating func log() -> String {
        switch changesLog ? dice.roll(0...9) : 9 {
        case 0: "delete from log where ctid = (select ctid from log limit 1)"
        case 1: "update log set line = \(text()) where ctid = (select ctid from log limit 1)"
        default: "insert into log (line) values (\(text())), (\(text()))"
        }
    }

    private mutating func names() -> String {
        let (n, name) = (dice.roll(1...8000), "md5(\(dice.roll(1...16000))::text)")
        return switch dice.roll(0...3) {
        case 0: "insert into names values (\(name), \(n), \(text())) on conflict do nothing"
        case 1: "delete from names where name = \(name)"
        case 2:
            "update names set name = md5(name) where n = \(n) and not exists (select from names o where o.name = md5(names.name))"
        default: "update names set n = n + 1, pad = \(text()) where name = \(name)"
        }
    }

    private mutating func parts() -> String {
        let (id, region) = (dice.roll(1...7000), dice.roll(1...4))
        return switch dice.roll(0...19) {
        case 0...4: "insert into parts values (\(id), \(region), \(text())) on conflict do nothing"
        case 5...7: "delete from parts where id = \(id)"
        case 8...13: "update parts set region = \(region) where id = \(id)"
        case 14: "update parts set id = id + 2500 where id = \(id) and region = 2"
        case 15: dice.chance(0.2) ? "truncate \(dice.pick(["parts_1", "parts_2", "parts"]))" : "select 1"
        default: "update parts set body = \(text()) where id between \(id) and \(id + 4)"
        }
    }

    /// Values of unique columns that wander from row to row.
    private mutating func pairs() -> [String] {
        let (one, other) = (dice.roll(1...2000), dice.roll(1...2000))
        return switch dice.roll(0...3) {
        case 0:
            [
                "update pairs set a = null where id = \(one)",
                "update pairs set a = \(one) where id = \(other) and not exists (select from pairs where a = \(one))",
            ]
        case 1:
            [
                "delete from pairs where b = 'b\(one)'",
                "insert into pairs values (\(100_000 + dice.roll(1...900_000)), null, 'b\(one)') on conflict do nothing",
            ]
        case 2:
            [
                "update pairs set id = id + 5000 where id = \(one) and not exists (select from pairs p where p.id = pairs.id + 5000)"
            ]
        default: ["insert into pairs values (\(one), \(other), null) on conflict do nothing"]
        }
    }

    private mutating func places() -> String {
        let (one, other) = (dice.roll(1...500), dice.roll(1...500))
        return "update places set place = case id when \(one) then (select place from places where id = \(other)) "
            + "else (select place from places where id = \(one)) end where id in (\(one), \(other))"
    }

    private mutating func scratch() -> String {
        let id = dice.roll(-3000...12000)
        return switch dice.roll(0...29) {
        case 0: "truncate scratch"
        case 1...12:
            "insert into scratch select n, \(text()) from generate_series(\(id), \(id + 20)) n on conflict do nothing"
        case 13...18: "delete from scratch where id between \(id) and \(id + 9)"
        default: "update scratch set body = \(text()) where id between \(id) and \(id + 9)"
        }
    }

    private mutating func bulk() -> String {
        let count = dice.roll(500...3000)
        return switch dice.roll(0...2) {
        case 0:
            "insert into scratch select n, repeat('bulk', 20) from generate_series(20000, \(20000 + count)) n on conflict do nothing"
        case 1: "update accounts set balance = balance + 1 where id <= \(count)"
        default:
            "insert into readings select 90, \(time()) + n * interval '1 h', n, null from generate_series(1, \(count)) n on conflict do nothing"
        }
    }

    // MARK: Values

    private mutating func account() -> Int {
        dice.chance(0.8) ? dice.roll(1...15_000) : dice.roll(-20_000...120_000)
    }

    private mutating func time() -> String {
        "(timestamptz '2026-05-01' + interval '\(dice.roll(0...60 * 86_400)) s')"
    }

    private mutating func number() -> String {
        beyond(dice.pick(["0", "-1.10", "1e20", "'NaN'", "12345.678900", "\(dice.roll(0...100_000)) / 7.0"]))
    }

    /// A plain number in place of what is none, where the stream would lose it.
    private func beyond(_ number: String) -> String {
        isBeyondNumbers || !["'NaN'", "'-Infinity'"].contains(number) ? number : "0.5"
    }

    private mutating func float() -> String {
        beyond(
            dice.pick([
                "null", "'NaN'", "'-Infinity'", "1e-300", "0.1::float8 + 0.2", "\(dice.roll(0...1_000_000)) / 3.0",
            ]))
    }

    private mutating func text() -> String {
        dice.pick([
            "null", "''", "E'it''s a \\\\ and a \\n, \\t \"quoted\"'", "'größer 雁'", "'{\"a\": [1, NULL]}'",
            "'value \(dice.roll(0...1_000_000))'", "repeat('x', \(dice.roll(1...400)))",
        ])
    }
}
