import MendClient
@main struct Mend { static func main() { } }
