import Glibc

/// What one run of a client took.
struct Cost: Equatable {
    /// From start to end, seconds.
    var wall: Double
    /// User and system time of the client's processes, seconds; the servers' are not in it.
    var cpu: Double
    /// The most memory that the client's processes held at once, bytes.
    var peakMemory: Int
}

/// How a client ended.
struct ClientRun {
    var cost: Cost
    /// As a shell tells it: 128 and the signal's number where one ended it.
    var exitCode: Int32
    /// The end of what it printed, on either stream.
    var output: String
}

/// Runs a client program and measures it, its children included.
enum ClientProcess {
    /// - Parameters:
    ///   - command: program, looked up on PATH, and arguments.
    ///   - environment: on top of this process's own.
    static func run(_ command: [String], environment: [String: String] = [:]) throws(BenchmarkFailure) -> ClientRun {
        var stream: [Int32] = [-1, -1]
        guard unsafe pipe(&stream) == 0 else { throw BenchmarkFailure("no pipe: errno \(errno)") }
        for end in stream { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(stream[0]) }
        var memory = MemoryPeak()
        let begin = ContinuousClock.now
        let process: pid_t
        do {
            defer { close(stream[1]) }
            process = try spawn(command, environment, output: stream[1])
        }
        let output = read(stream[0]) { memory.sample(process) }
        var status: Int32 = 0
        var usage = rusage()
        while unsafe wait4(process, &status, 0, &usage) < 0, errno == EINTR {}
        let wall = (ContinuousClock.now - begin) / .seconds(1)
        let cost = Cost(wall: wall, cpu: usage.ru_utime.seconds + usage.ru_stime.seconds, peakMemory: memory.bytes)
        // The encoding of wait(2): the signal in the low 7 bits, else the exit code in the byte above.
        let exitCode = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        return ClientRun(
            cost: cost, exitCode: exitCode, output: String(output.reversed().drop(while: \.isWhitespace).reversed()))
    }

    static func spawn(
        _ command: [String], _ environment: [String: String], output: Int32,
    ) throws(BenchmarkFailure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
        // `env` sets the variables and looks the program up, so that no block of C strings is built for them here.
        let words = ["env"] + environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + command
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawnp(&process, "env", &actions, nil, &arguments, environ)
        guard code == 0 else { throw BenchmarkFailure("\(command[0]) cannot be started: errno \(code)") }
        return process
    }

    /// Reads until the last process that can write has ended: all of the client's have the other end.
    private static func read(_ stream: Int32, sampling sample: () -> Void) -> String {
        let kept = 4096
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var lastSample = ContinuousClock.now - .milliseconds(MemoryPeak.interval)
        while true {
            if ContinuousClock.now - lastSample >= .milliseconds(MemoryPeak.interval) {
                sample()
                lastSample = .now
            }
            var poll = pollfd(fd: stream, events: Int16(POLLIN), revents: 0)
            guard unsafe Glibc.poll(&poll, 1, MemoryPeak.interval) > 0 else { continue }
            let count = unsafe Glibc.read(stream, &buffer, buffer.count)
            if count <= 0 { return String(decoding: output, as: UTF8.self) }
            output.append(contentsOf: buffer[..<count])
            if output.count > 2 * kept { output.removeFirst(output.count - kept) }
        }
    }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}
