import PlanFile
import Testing

@Suite("Passwords")
struct SecretTests {
    @Test(
        "a connection string loses its passwords and nothing else",
        arguments: [
            ("postgresql://me:pw@h:5432/d?sslmode=require", "postgresql://me@h:5432/d?sslmode=require"),
            ("postgres://:pw@h/d", "postgres://h/d"), ("postgresql://me:@h", "postgresql://me@h"),
            ("postgresql://h/d?password=pw&user=me", "postgresql://h/d?user=me"),
            ("postgresql://h/d?user=me&sslpassword=pw", "postgresql://h/d?user=me"),
            ("postgresql://h/d?p%61ssword=pw", "postgresql://h/d"), ("postgresql://h/d", "postgresql://h/d"),
            ("postgresql://me:pw@a:1,b:2/d", "postgresql://me@a:1,b:2/d"),
            ("postgresql://me:p%40w@[::1]:5432/d", "postgresql://me@[::1]:5432/d"), ("postgresql://", "postgresql://"),
            ("host=h password=pw dbname=d", "host=h dbname=d"),
            ("host = h password = 'p w\\' x' dbname = 'd e'", "host=h dbname='d e'"),
            ("password=pw", ""), ("service=s", "service=s"), ("host=h password=p\\ w user=u", "host=h user=u"),
            ("this is none, pw", ""),
        ])
    func removed(_ text: String, _ rest: String) {
        #expect(ConnectionText.withoutPassword(text) == rest)
    }

    @Test(
        "a password is seen where one is",
        arguments: [
            ("postgresql://me:pw@h/d", true), ("postgresql://me@h/d", false), ("postgresql://me:@h/d", false),
            ("postgresql://h/d?password=pw", true), ("postgresql://h/d?password=", false), ("host=h password=pw", true),
            ("host=h password=''", false), ("service=pw", false), ("host=h passfile=f", false),
        ])
    func seen(_ text: String, _ has: Bool) {
        #expect(ConnectionText.hasPassword(text) == has)
    }

    @Test(
        "what libpq reads passes the check",
        arguments: [
            "postgresql://", "postgresql:///d", "postgresql://h",
            "postgresql://u@h:5432,i:5433/d?target_session_attrs=any",
            "postgresql://%2Fvar%2Frun/d", "postgresql://u:p%40@h/d", "postgresql:///d?host=/tmp&port=5432",
            "host=/tmp", "host = h  port=5432", "dbname='a b' user='it\\'s'", "service=s",
            "postgresql://u:p@[::1]:5432/d",
        ])
    func checked(_ text: String) {
        #expect(throws: Never.self) { try ConnectionText.check(text) }
    }

    @Test(
        "lines are masked wherever a password may be",
        arguments: [
            ("uri: postgresql://me:pw@h/d", "uri: postgresql://me:****@h/d"),
            ("uri: \"postgresql://me:p w@h/d\"", "uri: \"postgresql://me:**** w@h/d\""),
            ("a://u:p@h b://u:q@h", "a://u:****@h b://u:****@h"), ("postgresql://h:5432/d", "postgresql://h:5432/d"),
            ("postgresql://[::1]:5432/d", "postgresql://[::1]:5432/d"), ("x://u:p@s@h", "x://u:****@h"),
            ("password=pw user=me", "password=**** user=me"), ("PASSWORD = 'p w' user", "PASSWORD = **** user"),
            ("password: pw", "password: ****"), ("\"password\": \"pw\", \"a\": 1", "\"password\": ****, \"a\": 1"),
            ("sslpassword=pw&x=1", "sslpassword=****&x=1"), ("passwords: false", "passwords: false"),
            ("password", "password"), ("password=", "password="), ("passfile=f", "passfile=f"),
        ])
    func masked(_ line: String, _ shown: String) {
        #expect(Secrets.masked(line) == shown)
    }
}
