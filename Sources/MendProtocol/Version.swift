/// The version of everything that is built from this package: daemon, shell client and library.
public enum MendVersion {
    public static let current = "0.1.0"
}
