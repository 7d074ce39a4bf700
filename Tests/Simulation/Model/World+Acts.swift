import MendProtocol

extension World {
    /// Something that somebody does.
    func act() throws {
        switch number(0...999) {
        case 0..<280: enqueue()
        case 280..<480: lease()
        case 480..<640: endLease()
        case 640..<660: cancel()
        case 660..<675: replay()
        case 675..<685: pauseOrResume()
        case 685..<720: meddle()
        case 720..<745: begin()
        case 745..<790: stepTransaction()
        case 790..<800: confirm()
        case 800..<820: endTransaction()
        case 820..<850: leaseUndo()
        case 850..<900: endUndo()
        case 900..<960: try useBreaker()
        case 960..<985: endConnection()
        case 985..<995: endProcess()
        default: jumpWallClock()
        }
    }
}
