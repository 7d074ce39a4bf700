/// A journal as systemd 252 writes it, and a `journalctl` that shows it: what entries there are is the recording's, which of
/// them are asked for and in which order is understood as far as `mend` asks.
struct RecordedJournal {
    let program: String

    init(in place: TemporaryDirectory, failing: Bool = false) throws {
        try place.write(Self.entries, to: "journal")
        try place.write(failing ? "#!/bin/sh\nexit 1\n" : Self.script(place), to: "journalctl")
        program = place.file("journalctl")
        try Child(["/bin/chmod", "+x", program]).waitForEnd()
    }

    private static func script(_ place: TemporaryDirectory) -> String {
        """
        #!/bin/sh
        cd '\(place.path)' || exit 1
        after= until= context= unit= follow= reverse=
        for word in "$@"; do
            case $word in
            --after-cursor=*) after=${word#*=} ;;
            --cursor=*) until=${word#*=} ;;
            --follow) follow=1 ;;
            --reverse) reverse=1 ;;
            _SYSTEMD_UNIT=*) context=1 ;;
            UNIT=*) unit=${word#*=} ;;
            esac
        done
        if [ -n "$context" ]; then
            awk -v c="\\"$until\\"" '{ print } index($0, c) { exit }' journal | tac |
                grep -E "\\"(_SYSTEMD_)?UNIT\\":\\"$unit\\""
        elif [ -n "$unit" ] && [ -n "$reverse" ]; then
            tac journal | grep -E 'be02cf6855d2428b|d9b373ed55a64feb' | grep -F "\\"UNIT\\":\\"$unit\\""
        elif [ -n "$unit" ]; then
            grep -F d9b373ed55a64feb8242e02dbe79a49c journal | grep -F "\\"UNIT\\":\\"$unit\\""
        else
            awk -v c="\\"$after\\"" 'c == "\\"\\"" || found { print } index($0, c) { found = 1 }' journal |
                grep -E 'be02cf6855d2428b|d9b373ed55a64feb|fc2e22bc6ee647b6|fe6faa94e7774663|7b05ebc668384222.*failed'
            if [ -n "$follow" ]; then exec cat gate; fi
            true
        fi
        exit 0

        """
    }

    static let entries = #"""
        {"INVOCATION_ID":"2896432c41dc481193aa9197a1913e4e","MESSAGE":"Started nightly.service.","MESSAGE_ID":"39f53479d3a045ac8e11786248231fbf","PRIORITY":"6","UNIT":"nightly.service","_PID":"1","_SYSTEMD_UNIT":"init.scope","__CURSOR":"s=e7fa;i=18;t=660cc99b187d5","__REALTIME_TIMESTAMP":"1795281728407509"}
        {"MESSAGE":"opening the ledger","PRIORITY":"6","_PID":"114","_SYSTEMD_INVOCATION_ID":"2896432c41dc481193aa9197a1913e4e","_SYSTEMD_UNIT":"nightly.service","__CURSOR":"s=e7fa;i=1a;t=660cc99b193b7","__REALTIME_TIMESTAMP":"1795281728410551"}
        {"MESSAGE":"cannot connect to db.example.com:5432","PRIORITY":"6","_PID":"114","_SYSTEMD_INVOCATION_ID":"2896432c41dc481193aa9197a1913e4e","_SYSTEMD_UNIT":"nightly.service","__CURSOR":"s=e7fa;i=1b;t=660cc99b193b7","__REALTIME_TIMESTAMP":"1795281728410551"}
        {"EXIT_CODE":"exited","EXIT_STATUS":"3","INVOCATION_ID":"2896432c41dc481193aa9197a1913e4e","MESSAGE":"nightly.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED","MESSAGE_ID":"98e322203f7a4ed290d09fe03c09fe15","PRIORITY":"5","UNIT":"nightly.service","_PID":"1","_SYSTEMD_UNIT":"init.scope","__CURSOR":"s=e7fa;i=1c;t=660cc99b195dd","__REALTIME_TIMESTAMP":"1795281728411101"}
        {"INVOCATION_ID":"2896432c41dc481193aa9197a1913e4e","MESSAGE":"nightly.service: Failed with result 'exit-code'.","MESSAGE_ID":"d9b373ed55a64feb8242e02dbe79a49c","PRIORITY":"4","UNIT":"nightly.service","UNIT_RESULT":"exit-code","_PID":"1","_SYSTEMD_UNIT":"init.scope","__CURSOR":"s=e7fa;i=1d;t=660cc99b1967b","__REALTIME_TIMESTAMP":"1795281728411259"}
        {"INVOCATION_ID":"e12ac3d7babd410dae53ca28a4d3a8be","MESSAGE":"crash.service: Failed with result 'signal'.","MESSAGE_ID":"d9b373ed55a64feb8242e02dbe79a49c","PRIORITY":"4","UNIT":"crash.service","UNIT_RESULT":"signal","_PID":"1","_SYSTEMD_UNIT":"init.scope","_UID":"0","__CURSOR":"s=e7fa;i=20;t=660cc99b198e2","__REALTIME_TIMESTAMP":"1795281728411874"}
        {"INVOCATION_ID":"522bc58ab96f41a08b65ceeae8fa1281","MESSAGE":"late.service: Failed with result 'timeout'.","MESSAGE_ID":"d9b373ed55a64feb8242e02dbe79a49c","PRIORITY":"4","UNIT":"late.service","UNIT_RESULT":"timeout","_PID":"1","_SYSTEMD_UNIT":"init.scope","_UID":"0","__CURSOR":"s=e7fa;i=24;t=660cc99d3211f","__REALTIME_TIMESTAMP":"1795281730609439"}
        {"INVOCATION_ID":"522bc58ab96f41a08b65ceeae8fa1281","JOB_RESULT":"failed","JOB_TYPE":"start","MESSAGE":"Failed to start late.service.","MESSAGE_ID":"be02cf6855d2428ba40df7e9d022f03d","PRIORITY":"3","UNIT":"late.service","_PID":"1","_SYSTEMD_UNIT":"init.scope","_UID":"0","__CURSOR":"s=e7fa;i=25;t=660cc99d321d9","__REALTIME_TIMESTAMP":"1795281730609625"}
        {"INVOCATION_ID":"","JOB_RESULT":"dependency","JOB_TYPE":"start","MESSAGE":"Dependency failed for needs.service.","MESSAGE_ID":"be02cf6855d2428ba40df7e9d022f03d","PRIORITY":"4","UNIT":"needs.service","_PID":"1","_SYSTEMD_UNIT":"init.scope","_UID":"0","__CURSOR":"s=e7fa;i=26;t=660cc99d322d4","__REALTIME_TIMESTAMP":"1795281730609876"}
        {"INVOCATION_ID":"77777777777777777777777777777777","MESSAGE":"web.service: A process of this unit has been killed by the OOM killer.","MESSAGE_ID":"fe6faa94e7774663a0da52717891d8ef","PRIORITY":"4","UNIT":"web.service","_PID":"1","_SYSTEMD_UNIT":"init.scope","_UID":"0","__CURSOR":"s=e7fa;i=27;t=660cc99d32300","__REALTIME_TIMESTAMP":"1795281730700000"}
        {"INVOCATION_ID":"2896432c41dc481193aa9197a1913e4e","MESSAGE":"its own","MESSAGE_ID":"d9b373ed55a64feb8242e02dbe79a49c","PRIORITY":"4","UNIT":"mend-report@nightly.service.service","UNIT_RESULT":"exit-code","_PID":"1","_SYSTEMD_UNIT":"init.scope","_UID":"0","__CURSOR":"s=e7fa;i=28;t=660cc99d32301","__REALTIME_TIMESTAMP":"1795281728411259"}
        {"INVOCATION_ID":"2896432c41dc481193aa9197a1913e4e","MESSAGE":"forged","MESSAGE_ID":"d9b373ed55a64feb8242e02dbe79a49c","PRIORITY":"4","UNIT":"sshd.service","UNIT_RESULT":"exit-code","_PID":"4711","_SYSTEMD_UNIT":"init.scope","_UID":"0","__CURSOR":"s=e7fa;i=29;t=660cc99d32302","__REALTIME_TIMESTAMP":"1795281728411259"}
        {"COREDUMP_SIGNAL":"11","COREDUMP_UNIT":"sort.service","MESSAGE":"Process 812 (sort) of user 33 dumped core.","MESSAGE_ID":"fc2e22bc6ee647b6b90729ab34a250b1","PRIORITY":"2","_PID":"814","_UID":"996","_SYSTEMD_SLICE":"system-systemd\\x2dcoredump.slice","_SYSTEMD_UNIT":"systemd-coredump@0-813-0.service","__CURSOR":"s=e7fa;i=2a;t=660cc99d32303","__REALTIME_TIMESTAMP":"1795281731000000"}
        {"COREDUMP_SIGNAL":"11","COREDUMP_UNIT":"sshd.service","MESSAGE":"forged","MESSAGE_ID":"fc2e22bc6ee647b6b90729ab34a250b1","PRIORITY":"2","_PID":"815","_UID":"0","_SYSTEMD_SLICE":"system.slice","_SYSTEMD_UNIT":"relay.service","__CURSOR":"s=e7fa;i=2b;t=660cc99d32304","__REALTIME_TIMESTAMP":"1795281731000001"}
        {"MESSAGE":"-","MESSAGE_ID":"d9b373ed55a64feb8242e02dbe79a49c","PRIORITY":"4","UNIT":"again.service","INVOCATION_ID":"31313131313131313131313131313131","UNIT_RESULT":"watchdog","_PID":"1","_SYSTEMD_UNIT":"init.scope","__CURSOR":"s=e7fa;i=2c;t=660cc99d32305","__REALTIME_TIMESTAMP":"1795281732000000"}
        {"MESSAGE":"-","MESSAGE_ID":"be02cf6855d2428ba40df7e9d022f03d","PRIORITY":"4","UNIT":"again.service","INVOCATION_ID":"31313131313131313131313131313131","JOB_RESULT":"dependency","JOB_TYPE":"start","_PID":"1","_SYSTEMD_UNIT":"init.scope","__CURSOR":"s=e7fa;i=2d;t=660cc99d32306","__REALTIME_TIMESTAMP":"1795281733000000"}
        {"MESSAGE":"-","MESSAGE_ID":"7b05ebc668384222baa8881179cfda54","PRIORITY":"4","UNIT":"web.service","INVOCATION_ID":"77777777777777777777777777777777","JOB_RESULT":"failed","JOB_TYPE":"reload","_PID":"1","_SYSTEMD_UNIT":"init.scope","__CURSOR":"s=e7fa;i=2e;t=660cc99d32307","__REALTIME_TIMESTAMP":"1795281734000000"}
        {"MESSAGE":"-","MESSAGE_ID":"d9b373ed55a64feb8242e02dbe79a49c","PRIORITY":"4","UNIT":"mend-worker@mail.service","INVOCATION_ID":"41414141414141414141414141414141","UNIT_RESULT":"exit-code","_PID":"1","_SYSTEMD_UNIT":"init.scope","__CURSOR":"s=e7fa;i=2f;t=660cc99d32308","__REALTIME_TIMESTAMP":"1795281735000000"}

        """#
}
