#if canImport(Glibc)
    private import Glibc
#endif

/// Arrays of C strings, for calls that take them.
enum CStrings {
    /// Lends `strings` as NUL-terminated copies; nil stays nil. The pointers live as long as `body` runs.
    static func with<R>(
        _ strings: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R,
    ) -> R {
        let copies = UnsafeMutableBufferPointer<UnsafePointer<CChar>?>.allocate(capacity: strings.count)
        for (index, string) in strings.enumerated() {
            let copy = unsafe string?.withCString { unsafe strdup($0) }
            unsafe copies.initializeElement(at: index, to: UnsafePointer(copy))
        }
        defer {
            for index in strings.indices { unsafe free(UnsafeMutablePointer(mutating: copies[index])) }
            unsafe copies.deallocate()
        }
        return unsafe body(UnsafePointer(copies.baseAddress))
    }
}
