import Glibc

/// The numbers that system calls fail with (errno(3)), by their names.
enum LinuxErrno {
    /// Upper and lower case are one; nothing for a name that is not known.
    static func number(of name: String) -> Int32? { numbers[name] ?? numbers[name.uppercased()] }

    static func name(of number: Int32) -> String? { names[number] }

    private static let numbers = Dictionary(known + aliases, uniquingKeysWith: { first, _ in first })
    private static let names = Dictionary(known.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })

    private static let aliases: [(String, Int32)] = [
        ("EWOULDBLOCK", EWOULDBLOCK), ("EDEADLOCK", EDEADLK), ("ENOTSUP", ENOTSUP),
    ]

    static let known: [(String, Int32)] = [
        ("EPERM", EPERM), ("ENOENT", ENOENT), ("ESRCH", ESRCH), ("EINTR", EINTR), ("EIO", EIO), ("ENXIO", ENXIO),
        ("E2BIG", E2BIG), ("ENOEXEC", ENOEXEC), ("EBADF", EBADF), ("ECHILD", ECHILD), ("EAGAIN", EAGAIN),
        ("ENOMEM", ENOMEM), ("EACCES", EACCES), ("EFAULT", EFAULT), ("EBUSY", EBUSY), ("EEXIST", EEXIST),
        ("EXDEV", EXDEV), ("ENODEV", ENODEV), ("ENOTDIR", ENOTDIR), ("EISDIR", EISDIR), ("EINVAL", EINVAL),
        ("ENFILE", ENFILE), ("EMFILE", EMFILE), ("ENOTTY", ENOTTY), ("ETXTBSY", ETXTBSY), ("EFBIG", EFBIG),
        ("ENOSPC", ENOSPC), ("ESPIPE", ESPIPE), ("EROFS", EROFS), ("EMLINK", EMLINK), ("EPIPE", EPIPE),
        ("EDOM", EDOM), ("ERANGE", ERANGE), ("EDEADLK", EDEADLK), ("ENAMETOOLONG", ENAMETOOLONG), ("ENOLCK", ENOLCK),
        ("ENOSYS", ENOSYS), ("ENOTEMPTY", ENOTEMPTY), ("ELOOP", ELOOP), ("ENODATA", ENODATA), ("ETIME", ETIME),
        ("ENOSR", ENOSR), ("ENOLINK", ENOLINK), ("ECOMM", ECOMM), ("EPROTO", EPROTO), ("EBADMSG", EBADMSG),
        ("EOVERFLOW", EOVERFLOW), ("ELIBACC", ELIBACC), ("ELIBBAD", ELIBBAD), ("EILSEQ", EILSEQ),
        ("ERESTART", ERESTART), ("EUSERS", EUSERS), ("ENOTSOCK", ENOTSOCK), ("EDESTADDRREQ", EDESTADDRREQ),
        ("EMSGSIZE", EMSGSIZE), ("EPROTOTYPE", EPROTOTYPE), ("ENOPROTOOPT", ENOPROTOOPT),
        ("EPROTONOSUPPORT", EPROTONOSUPPORT), ("ESOCKTNOSUPPORT", ESOCKTNOSUPPORT), ("EOPNOTSUPP", EOPNOTSUPP),
        ("EPFNOSUPPORT", EPFNOSUPPORT), ("EAFNOSUPPORT", EAFNOSUPPORT), ("EADDRINUSE", EADDRINUSE),
        ("EADDRNOTAVAIL", EADDRNOTAVAIL), ("ENETDOWN", ENETDOWN), ("ENETUNREACH", ENETUNREACH),
        ("ENETRESET", ENETRESET), ("ECONNABORTED", ECONNABORTED), ("ECONNRESET", ECONNRESET), ("ENOBUFS", ENOBUFS),
        ("EISCONN", EISCONN), ("ENOTCONN", ENOTCONN), ("ESHUTDOWN", ESHUTDOWN), ("ETIMEDOUT", ETIMEDOUT),
        ("ECONNREFUSED", ECONNREFUSED), ("EHOSTDOWN", EHOSTDOWN), ("EHOSTUNREACH", EHOSTUNREACH),
        ("EALREADY", EALREADY), ("EINPROGRESS", EINPROGRESS), ("ESTALE", ESTALE), ("EUCLEAN", EUCLEAN),
        ("EREMOTEIO", EREMOTEIO), ("EDQUOT", EDQUOT), ("ENOMEDIUM", ENOMEDIUM), ("EMEDIUMTYPE", EMEDIUMTYPE),
        ("ECANCELED", ECANCELED), ("ENOKEY", ENOKEY), ("EKEYEXPIRED", EKEYEXPIRED), ("EKEYREVOKED", EKEYREVOKED),
        ("EKEYREJECTED", EKEYREJECTED), ("EHWPOISON", EHWPOISON),
    ]
}
