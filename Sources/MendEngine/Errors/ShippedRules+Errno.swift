import Glibc
import MendProtocol

extension ShippedRules {
    static let errnos: [Rule] = LinuxErrno.known.map { entry in
        Rule(
            "errno.\(entry.name)", .errno(entry.number), entry.category, severity: entry.severity,
            strategy: entry.strategy)
    }
}

/// The numbers that system calls fail with (errno(3)), and what they mean for trying again.
struct LinuxErrno: Sendable {
    let name: String
    let number: Int32
    let category: Category
    var severity: Severity?
    var strategy: Strategy?

    /// Upper and lower case are one; nothing for a name that is not known.
    static func number(of name: String) -> Int32? { numbers[name] ?? numbers[name.uppercased()] }

    private static let numbers: [String: Int32] = {
        let aliases: [(String, Int32)] = [
            ("EWOULDBLOCK", EWOULDBLOCK), ("EDEADLOCK", EDEADLK), ("ENOTSUP", ENOTSUP),
        ]
        return Dictionary(known.map { ($0.name, $0.number) } + aliases, uniquingKeysWith: { first, _ in first })
    }()

    static let known: [LinuxErrno] =
        of(
            .transient,
            [
                ("EINTR", EINTR), ("EAGAIN", EAGAIN), ("ETIMEDOUT", ETIMEDOUT), ("ETIME", ETIME),
                ("ECONNREFUSED", ECONNREFUSED), ("ECONNRESET", ECONNRESET), ("ECONNABORTED", ECONNABORTED),
                ("EPIPE", EPIPE), ("ENOTCONN", ENOTCONN), ("ESHUTDOWN", ESHUTDOWN), ("ENETDOWN", ENETDOWN),
                ("ENETUNREACH", ENETUNREACH), ("ENETRESET", ENETRESET), ("EHOSTDOWN", EHOSTDOWN),
                ("EHOSTUNREACH", EHOSTUNREACH), ("EINPROGRESS", EINPROGRESS), ("EALREADY", EALREADY),
                ("EBUSY", EBUSY), ("ETXTBSY", ETXTBSY), ("EDEADLK", EDEADLK), ("ESTALE", ESTALE),
                ("ENOLINK", ENOLINK), ("ECOMM", ECOMM), ("ERESTART", ERESTART),
            ])
        + of(
            .resource,
            [
                ("ENOMEM", ENOMEM), ("ENOSPC", ENOSPC), ("EDQUOT", EDQUOT), ("EMFILE", EMFILE), ("ENFILE", ENFILE),
                ("ENOBUFS", ENOBUFS), ("ENOLCK", ENOLCK), ("ENOSR", ENOSR), ("EUSERS", EUSERS),
                ("EADDRINUSE", EADDRINUSE), ("EADDRNOTAVAIL", EADDRNOTAVAIL),
            ])
        + of(
            .configuration,
            [
                ("EACCES", EACCES), ("EPERM", EPERM), ("EROFS", EROFS), ("ENOEXEC", ENOEXEC), ("ELIBACC", ELIBACC),
                ("ELIBBAD", ELIBBAD), ("ENOKEY", ENOKEY), ("EKEYEXPIRED", EKEYEXPIRED), ("EKEYREVOKED", EKEYREVOKED),
                ("EKEYREJECTED", EKEYREJECTED),
            ])
        + of(
            .validation,
            [
                ("EINVAL", EINVAL), ("E2BIG", E2BIG), ("EDOM", EDOM), ("ERANGE", ERANGE), ("EOVERFLOW", EOVERFLOW),
                ("ENAMETOOLONG", ENAMETOOLONG), ("EMSGSIZE", EMSGSIZE), ("EDESTADDRREQ", EDESTADDRREQ),
            ])
        + of(.data, [("EILSEQ", EILSEQ), ("EBADMSG", EBADMSG)])
        + of(.dependency, [("EPROTO", EPROTO), ("EREMOTEIO", EREMOTEIO)])
        + of(
            .permanent,
            [
                ("ENOENT", ENOENT), ("EEXIST", EEXIST), ("ENOTDIR", ENOTDIR), ("EISDIR", EISDIR),
                ("ENOTEMPTY", ENOTEMPTY), ("EXDEV", EXDEV), ("ELOOP", ELOOP), ("EMLINK", EMLINK), ("EFBIG", EFBIG),
                ("ESRCH", ESRCH), ("ECHILD", ECHILD), ("EBADF", EBADF), ("EFAULT", EFAULT), ("ENOTTY", ENOTTY),
                ("ESPIPE", ESPIPE), ("ENOSYS", ENOSYS), ("EOPNOTSUPP", EOPNOTSUPP), ("ENOTSOCK", ENOTSOCK),
                ("EPROTOTYPE", EPROTOTYPE), ("ENOPROTOOPT", ENOPROTOOPT), ("EPROTONOSUPPORT", EPROTONOSUPPORT),
                ("ESOCKTNOSUPPORT", ESOCKTNOSUPPORT), ("EPFNOSUPPORT", EPFNOSUPPORT),
                ("EAFNOSUPPORT", EAFNOSUPPORT), ("EISCONN", EISCONN), ("ECANCELED", ECANCELED), ("ENODATA", ENODATA),
            ])
        // The hardware or the file system: nobody but a person can help.
        + of(
            .system, severity: .critical, strategy: .deadLetter,
            [
                ("EIO", EIO), ("EUCLEAN", EUCLEAN), ("ENXIO", ENXIO), ("ENODEV", ENODEV), ("ENOMEDIUM", ENOMEDIUM),
                ("EMEDIUMTYPE", EMEDIUMTYPE), ("EHWPOISON", EHWPOISON),
            ])

    private static func of(
        _ category: Category, severity: Severity? = nil, strategy: Strategy? = nil, _ names: [(String, Int32)]
    ) -> [LinuxErrno] {
        names.map { LinuxErrno(name: $0, number: $1, category: category, severity: severity, strategy: strategy) }
    }
}
