import MendProtocol
import Synchronization

extension Rulebook {
    /// The retry policies that rules may name.
    package static let policies = PolicyChoice.shippedNames

    /// What is shipped, alone.
    package static let shipped: Rulebook = {
        do {
            return try Rulebook(rules: [], catalogue: [])
        } catch {
            preconditionFailure("what is shipped cannot be used: \(error)")
        }
    }()

    /// What is shipped and what an operator's files add, in the order of their names.
    ///
    /// - Throws: everything that is wrong in the files.
    package convenience init(rules: [SourceText], catalogue: [SourceText]) throws(RuleProblems) {
        var problems: [RuleProblem] = []
        var own: [Rule] = []
        for source in rules {
            let read = RuleReader.rules(source, policies: Self.policies)
            own += read.rules
            problems += read.problems
        }
        var draft = Shipped.parts.catalogue
        for source in catalogue {
            let read = CatalogueReader.draft(source)
            draft.merge(read.draft)
            problems += read.problems
        }
        let parts = RulebookParts(own: own, shipped: Shipped.parts.rules, catalogue: draft)
        problems += Shipped.parts.problems
        // What follows from a mistake is not told beside it.
        if problems.isEmpty { problems = parts.problems }
        guard problems.isEmpty else { throw RuleProblems(all: problems) }
        self.init(parts)
    }
}

/// What is embedded in this binary.
enum Shipped {
    /// In this order: what a program says itself comes before what the system says of the program; last
    /// comes what many programs say, whatever it was that ended them.
    static let ruleFiles: [(name: String, bytes: [UInt8])] = [
        ("10-process-memory.yaml", PackageResources._0_process_memory_yaml),
        ("20-sql.yaml", PackageResources._0_sql_yaml),
        ("30-errno.yaml", PackageResources._0_errno_yaml),
        ("40-http.yaml", PackageResources._0_http_yaml),
        ("50-grpc.yaml", PackageResources._0_grpc_yaml),
        ("60-exceptions.yaml", PackageResources._0_exceptions_yaml),
        ("70-curl.yaml", PackageResources._0_curl_yaml),
        ("75-containers.yaml", PackageResources._5_containers_yaml),
        ("80-texts.yaml", PackageResources._0_texts_yaml),
        ("85-systemd.yaml", PackageResources._5_systemd_yaml),
        ("90-process.yaml", PackageResources._0_process_yaml),
        ("95-programs.yaml", PackageResources._5_programs_yaml),
    ]

    static let catalogueFiles: [(name: String, bytes: [UInt8])] = [
        ("categories.yaml", PackageResources.categories_yaml),
        ("codes-deployment.yaml", PackageResources.codes_deployment_yaml),
        ("codes-network.yaml", PackageResources.codes_network_yaml),
        ("codes-system.yaml", PackageResources.codes_system_yaml),
        ("messages-de.yaml", PackageResources.messages_de_yaml),
        ("messages-en.yaml", PackageResources.messages_en_yaml),
        ("messages-es.yaml", PackageResources.messages_es_yaml),
        ("messages-ru.yaml", PackageResources.messages_ru_yaml),
        ("messages-uz.yaml", PackageResources.messages_uz_yaml),
    ]

    static let parts: (rules: RuleIndex, catalogue: CatalogueDraft, problems: [RuleProblem]) = {
        var rules: [Rule] = []
        var catalogue = CatalogueDraft()
        var problems: [RuleProblem] = []
        for (name, bytes) in ruleFiles {
            let source = SourceText(file: name, text: String(decoding: bytes, as: UTF8.self))
            let read = RuleReader.rules(source, policies: Rulebook.policies)
            rules += read.rules
            problems += read.problems
        }
        for (name, bytes) in catalogueFiles {
            let read = CatalogueReader.draft(SourceText(file: name, text: String(decoding: bytes, as: UTF8.self)))
            catalogue.merge(read.draft)
            problems += read.problems
        }
        return (RuleIndex(rules), catalogue, problems)
    }()
}

/// The rulebook that is in force, which a reload replaces.
package final class RulesInForce: Sendable {
    private let book: Mutex<Rulebook>

    package init(_ book: Rulebook) { self.book = Mutex(book) }

    package var current: Rulebook { book.withLock { $0 } }

    package func replace(with book: Rulebook) { self.book.withLock { $0 = book } }
}
