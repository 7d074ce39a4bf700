/// Every method of the wire. The one list: the server's table, the OpenRPC document and the tests are made from it.
public enum Methods {
    public static let all: [any Method.Type] = [
        RPC.Discover.self,
        System.Hello.self, System.Ping.self, System.Health.self, System.Status.self,
        System.Cancel.self, System.Timeline.self, System.Explain.self,
        Errors.Report.self, Errors.Get.self, Errors.List.self, Errors.Export.self, Errors.Clear.self,
        Errors.Mask.self, Errors.Analysis.self,
        Errors.Classify.self, Errors.Guidance.self, Errors.Catalog.self,
        Group.List.self, Group.Get.self, Group.Explain.self, Group.Resolve.self, Group.Mute.self, Group.Reopen.self,
        Group.Merge.self, Group.Split.self,
        Queue.Enqueue.self, Queue.Lease.self, Queue.Extend.self, Queue.Complete.self, Queue.Fail.self,
        Queue.Release.self, Queue.Snooze.self, Queue.Cancel.self, Queue.Wait.self, Queue.Get.self, Queue.List.self,
        Queue.Stats.self,
        Queue.Configure.self, Queue.Pause.self, Queue.Resume.self, Queue.Replay.self, Queue.Purge.self,
        Breaker.Acquire.self, Breaker.Record.self, Breaker.Get.self, Breaker.List.self,
        Breaker.Configure.self, Breaker.Force.self, Breaker.Reset.self, Breaker.Delete.self,
        Transaction.Begin.self, Transaction.Step.self, Transaction.Confirm.self, Transaction.Commit.self,
        Transaction.Rollback.self, Transaction.Wait.self, Transaction.Resume.self, Transaction.Skip.self,
        Transaction.Resolve.self, Transaction.Get.self, Transaction.List.self,
        Events.List.self, Events.Follow.self, Events.Unfollow.self,
    ]
}

/// What describes the wire itself.
public enum RPC {}
/// The daemon: who it is, how it is.
public enum System {}
/// What went wrong, and what to do about it.
public enum Errors {}
/// Problems: reports that have one cause.
public enum Group {}
/// Operations that must still happen.
public enum Queue {}
/// One circuit breaker per dependency, for the whole host.
public enum Breaker {}
/// What changed, in one journal.
public enum Events {}
/// Steps and their undos, which run last-first.
public enum Transaction {}
