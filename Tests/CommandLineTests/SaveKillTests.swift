import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("Trainings killed while they save") struct SaveKillTests {
  @Test(
    "Promise 1: a kill never costs more than the work since the last save, and never the last save")
  func killedSaves() async throws {
    let count = Robustness.cases(quick: 15, all: 200)
    var generator = SystemRandomNumberGenerator()
    var failures: [String] = []
    try await withTemporaryFolder { folder in
      // A save after every step: most moments are those of a save.
      let saving = ["--save-every", "0.0000001", "--quiet"]
      expectSuccess(
        try await Program.run(
          ["train", Fixtures.taxi, "-o", "m.safetensors", "--steps", "1"] + Fixtures.smallTraining
            + saving, in: folder))
      var lastStep = 1
      for kill in 1...count {
        let seconds = Double.random(in: 0.02...0.35, using: &generator)
        try await Program.kill(
          ["train", "--resume", "m.run", "--steps", "1000000"] + saving, in: folder, after: seconds)
        let temporaries = try folder.contents().keys.filter(FileFailures.isTemporary)
        if temporaries.count > 1 { failures.append("kill \(kill): left \(temporaries)") }
        let steps = try Self.steps(in: folder)
        let newest = steps.compactMap(\.self).max() ?? 0
        if steps.contains(nil) { failures.append("kill \(kill): a state is not whole") }
        if newest < lastStep {
          failures.append("kill \(kill): found step \(newest), expected \(lastStep) or later")
        }
        lastStep = newest
        if (try? Checkpoint.read(folder.path(of: "m.safetensors"))) == nil {
          failures.append("kill \(kill): the model is not whole")
        }
      }
      let last = try await Program.run(
        ["train", "--resume", "m.run", "--steps", "\(lastStep + 1)", "--quiet"], in: folder)
      expectSuccess(last)
      #expect(try folder.contents().keys.filter(FileFailures.isTemporary) == [])
      #expect(try Self.steps(in: folder).compactMap(\.self).max() == lastStep + 1)
      #expect(lastStep > count / 4, "hardly a run came to a save")
    }
    #expect(failures == [])
    Robustness.record(
      "SIGKILL at a random moment of a save", cases: count, failures: failures.count)
  }

  /// The steps of a run's states; nil for one that cannot be read.
  private static func steps(in folder: TemporaryFolder) throws -> [Int?] {
    try folder.names(in: "m.run").filter {
      $0.hasSuffix(".safetensors") && !FileFailures.isTemporary($0)
    }.map { try? TrainingSnapshot.read(folder.path(of: "m.run/\($0)")).point.step }
  }
}
