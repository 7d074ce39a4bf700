import MendProtocol
import MendWire
import Testing

@Suite("Methods on the wire")
struct MethodRoundTripTests {
    /// Parameters of each method with every member that it has.
    static let full: [(method: any Method.Type, params: String)] = [
        (RPC.Discover.self, "{}"), (System.Hello.self, "{}"), (System.Ping.self, "{}"), (System.Health.self, "{}"),
        (System.Status.self, "{}"), (System.Cancel.self, #"{"id":"a"}"#),
        (System.Timeline.self, #"{"correlation":"c","limit":1,"after":"1.2.3","since_at":4,"until_at":5}"#),
        (
            System.Explain.self,
            #"{"id":"op:1","operation":2,"queue":"q","breaker":"b","transaction":3,"error":4,"group":5}"#
        ),
        (Errors.Report.self, report),
        (Errors.Get.self, #"{"error":9007199254740991}"#),
        (Errors.Classify.self, #"{"error":\#(report)}"#),
        (Errors.Guidance.self, #"{"code":"a.b","error":1,"locale":"de-AT"}"#),
        (Errors.Catalog.self, #"{"prefix":"a.","locale":"de","limit":1,"after":"a.b"}"#),
        (
            Errors.List.self,
            #"{"service":"s","category":"business_logic","severity":"high","code":"c","type":"t","group":1,"task":"k","#
                + #""unit":"u","uid":2,"correlation":"r","text":"x","since_at":253402300799999,"until_at":3,"#
                + #""limit":1000,"after":2}"#
        ),
        (
            Errors.Export.self,
            #"{"service":"s","category":"data","severity":"high","code":"c","type":"t","group":1,"task":"k","#
                + #""unit":"u","uid":2,"correlation":"r","text":"x","since_at":1,"until_at":3,"#
                + #""format":"csv","limit":1,"after":2}"#
        ),
        (
            Errors.Clear.self,
            #"{"service":"s","category":"data","severity":"high","code":"c","type":"t","group":1,"task":"k","#
                + #""unit":"u","uid":2,"correlation":"r","text":"x","since_at":1,"until_at":3,"limit":1,"after":2}"#
        ),
        (Errors.Mask.self, #"{"text":"t"}"#),
        (
            Errors.Analysis.self,
            #"{"service":"s","category":"data","severity":"high","code":"c","group":1,"thresholds":{"error_rate":0.5,"#
                + #""specific_error_count":1,"recovery_failure_rate":0.25,"critical_count":2,"spike_count":3},"limit":1,"#
                + #""since_at":1,"until_at":2,"window_ms":3}"#
        ),
        (Group.List.self, #"{"service":"s","state":"escalating","limit":1,"after":2}"#),
        (Group.Get.self, #"{"group":1}"#), (Group.Explain.self, #"{"error":1,"other":2}"#),
        (Group.Resolve.self, #"{"group":1}"#), (Group.Reopen.self, #"{"group":1}"#),
        (Group.Mute.self, #"{"group":1,"until_at":2,"occurrences":3}"#),
        (Group.Merge.self, #"{"group":1,"groups":[2,3]}"#), (Group.Split.self, #"{"group":2}"#),
        (
            Queue.Enqueue.self,
            #"{"queue":"a/b:c@d+e.f-g_h","payload":{"n":1.10},"priority":0,"transaction":3,"key":"k","policy":"quick","delay_ms":0,"#
                + #""run_at":1,"max_attempts":1,"lane":"l","on_dead":"block","#
                + #""expires_ms":1,"keep_result_ms":2,"breaker":"b"}"#
        ),
        (Queue.Lease.self, #"{"queues":["a","b"],"max":2,"worker":"w","hold":"connection","lease_ms":1,"wait_ms":0}"#),
        (Queue.Extend.self, #"{"operation":1,"lease":2,"lease_ms":3}"#),
        (Queue.Complete.self, #"{"operation":1,"lease":2,"result":[null]}"#),
        (Queue.Fail.self, #"{"operation":1,"lease":2,"error":\#(report)}"#),
        (Queue.Release.self, #"{"operation":1,"lease":2}"#),
        (Queue.Snooze.self, #"{"operation":1,"lease":2,"delay_ms":0,"run_at":1}"#),
        (Queue.Cancel.self, #"{"operation":1}"#),
        (Queue.Wait.self, #"{"operation":1,"wait_ms":0}"#), (Queue.Get.self, #"{"operation":1}"#),
        (Queue.List.self, #"{"queue":"q","state":"dead","limit":1,"after":0}"#),
        (Queue.Stats.self, #"{"queue":"q","limit":1,"after":"p"}"#),
        (
            Queue.Configure.self,
            #"{"queue":"q","max_size":1,"max_concurrent":2,"rate":0.5,"burst":3,"policy":"quick","lease_ms":4,"#
                + #""poison_losses":5,"producers":{"users":[0],"groups":[1]},"consumers":null,"breaker":"b"}"#
        ),
        (Queue.Purge.self, #"{"queue":"q","states":["dead"],"older_than_ms":0,"limit":1,"after":2}"#),
        (Queue.Pause.self, #"{"queue":"q"}"#),
        (Queue.Resume.self, #"{"queue":"q"}"#),
        (
            Queue.Replay.self,
            #"{"operation":1,"queue":"q","limit":1,"group":2,"lane":"l","key":"k","rate":0.5,"canary":true,"stop":true,"#
                + #""older_than_ms":1,"newer_than_ms":2}"#
        ),
        (Breaker.Acquire.self, #"{"breaker":"b","hold":"connection","retry":true,"fallback":true}"#),
        (Breaker.Record.self, #"{"permit":1,"outcome":"timeout","error":\#(report),"duration_ms":1,"fallback":true}"#),
        (Breaker.Get.self, #"{"breaker":"b"}"#),
        (Breaker.List.self, #"{"state":"half_open","limit":1,"after":"b"}"#),
        (
            Breaker.Configure.self,
            #"{"breaker":"b","pattern":"b*","failure_threshold":1,"failure_rate_threshold":0.5,"minimum_calls":2,"window_calls":3,"#
                + #""window_ms":4,"recovery_timeout_ms":5,"max_recovery_timeout_ms":6,"success_threshold":7,"#
                + #""half_open_permits":8,"permit_ms":9,"max_concurrent":10,"slow_call_duration_ms":11,"slow_call_rate_threshold":null,"retry_budget":0.25,"shadow":true}"#
        ),
        (Breaker.Force.self, #"{"breaker":"b","state":"forced_open"}"#), (Breaker.Reset.self, #"{"breaker":"b"}"#),
        (Breaker.Delete.self, #"{"breaker":"b","pattern":"b*"}"#),
        (
            Transaction.Begin.self,
            #"{"name":"t","timeout_ms":1,"on_deadline":"park","hold":{"pid":7},"step_grace_ms":0}"#
        ),
        (
            Transaction.Step.self,
            #"{"transaction":1,"undo":{"queue":"q","payload":"p","policy":{"strategy":"linear","multiplier":1.5,"#
                + #""jitter":"full","base_ms":1,"max_delay_ms":2,"max_attempts":3,"max_elapsed_ms":4},"on_exhausted":"skip"},"name":"s"}"#
        ),
        (Transaction.Confirm.self, #"{"transaction":1,"step":2}"#), (Transaction.Commit.self, #"{"transaction":1}"#),
        (Transaction.Rollback.self, #"{"transaction":1,"reason":"r","to_step":0,"wait_ms":1}"#),
        (Transaction.Resume.self, #"{"transaction":1}"#),
        (Transaction.Skip.self, #"{"transaction":1,"step":2,"reason":"r"}"#),
        (Transaction.Resolve.self, #"{"transaction":1,"reason":"r"}"#),
        (Transaction.Wait.self, #"{"transaction":1,"until":"inactive","wait_ms":1}"#),
        (Transaction.Get.self, #"{"transaction":1}"#),
        (Transaction.List.self, #"{"state":"rolling_back","limit":1,"after":2}"#),
        (Events.Follow.self, #"{\#(filter),"after":1}"#), (Events.Unfollow.self, #"{"follow":1}"#),
        (
            Events.List.self,
            #"{\#(filter),"limit":1,"after":2,"since_at":3,"until_at":4,"newest_first":true}"#
        ),
    ]

    private static let filter =
        #""kinds":["operation.dead","lease.*"],"operation":1,"queue":"q","breaker":"b","transaction":2,"group":3,"#
        + #""correlation":"c","uid":4"#

    private static let report =
        #"{"message":"m","service":"s","code":"c","type":"t","action":"a","severity":"low","category":"data","#
        + #""stack":["f"],"context":{"a":1.0},"tags":["x"],"task":"k","attempt":1,"policy":"docker","signal":"SIGKILL","#
        + #""errno":28,"sqlstate":"40001","grpc_status":"UNAVAILABLE","stderr":"e","fingerprint":"f","locale":"de-AT","once":true,"exit_status":1,"#
        + #""http_status":503,"duration_ms":1,"occurred_at":1}"#

    @Test("parameters come back from a type as they went into it, for every method", arguments: full.indices)
    func roundTrip(index: Int) throws {
        let (method, text) = Self.full[index]
        let again = try roundTrip(method, text)
        #expect(try members(again) == members(text), "\(method.name)")
    }

    private func roundTrip<M: Method>(_ type: M.Type, _ text: String) throws -> String {
        try WireEncoder.text(of: WireDecoder.decode(type, from: JSONDocument(parsing: text).root))
    }

    /// Each member with the text of its value; objects inside by their members, too, since only they have an order.
    private func members(_ text: String) throws -> [String: String] {
        var found: [String: String] = [:]
        func look(_ value: JSONValue, _ path: String) {
            guard value.kind == .object else {
                found[path] = value.rawText
                return
            }
            for member in value.members { look(member.value, "\(path).\(member.name)") }
        }
        look(try JSONDocument(parsing: text).root, "")
        return found
    }

    @Test("every method is among them, with every member that its schema has")
    func complete() throws {
        #expect(Set(Self.full.map { $0.method.name }) == Set(Methods.all.map { $0.name }))
        for (method, text) in Self.full {
            guard case .object(let schema, _) = schema(method) else { continue }
            let sent = try JSONDocument(parsing: text).root.members.map { $0.name }
            #expect(Set(schema.map(\.name)).subtracting(sent) == [], "\(method.name)")
        }
    }

    private func schema<M: Method>(_ type: M.Type) -> Schema { Schema.of(type) }

    @Test("a member that nobody knows is refused by name, for every method but those that take reports")
    func unknownMember() throws {
        for (method, text) in Self.full where method.name != "error.report" {
            let more = text == "{}" ? #"{"unknown":1}"# : text.dropLast() + #","unknown":1}"#
            let error = #expect(throws: WireDecodingError.self, "\(method.name)") {
                _ = try roundTrip(method, more)
            }
            #expect(error?.path == "unknown", "\(method.name)")
        }
    }
}
