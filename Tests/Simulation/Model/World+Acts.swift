import MendProtocol

extension World {
    /// Something that somebody does.
    func act() throws {
        switch number(0...999) {
        case 0..<260: enqueue()
        case 260..<450: lease()
        case 450..<610: endLease()
        case 610..<625: sayEndAgain()
        case 625..<645: sayCallAgain()
        case 645..<660: cancel()
        case 660..<675: replay()
        case 675..<682: pauseOrResume()
        case 682..<690: configure()
        case 690..<694: purge()
        case 694..<720: meddle()
        default: try actOnOthers()
        }
    }

    private func actOnOthers() throws {
        switch number(0...279) {
        case 0..<25: begin()
        case 25..<75: stepTransaction()
        case 75..<95: confirm()
        case 95..<115: endTransaction()
        case 115..<120: repairTransaction()
        case 120..<150: leaseUndo()
        case 150..<195: endUndo()
        case 195..<200: meddleWithUndo()
        case 200..<245: try useBreaker()
        case 245..<265: endConnection()
        case 265..<274: endProcess()
        default: jumpWallClock()
        }
    }
}
