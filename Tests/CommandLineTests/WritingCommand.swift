import Checkpoints
import Foundation
import Imaging
import Testing

/// A command that writes files, to be disturbed at it.
struct WritingCommand: Sendable {
  let name: String
  let arguments: [String]
  /// Files that are there already and that the command replaces, beside the model.
  var oldFiles: [String] = []
  /// Temporary files that stand at the same time, at most.
  var temporaryLimit = 1
  /// How the names of files begin whose bytes are not the same every time, as they tell the time.
  var inexactFiles: [String] = []

  /// The commands that write, with all kinds of files that they write.
  static let all = [
    WritingCommand(
      name: "train", arguments: ["train", "--resume", "m.run", "--quiet", "--threads", "1"],
      inexactFiles: ["m.run/"]),
    WritingCommand(
      name: "render",
      arguments: ["render", "m.safetensors", "--size", "12", "--depth", "-o", "p.png"] + again,
      oldFiles: ["p.png", "p-depth.png"], temporaryLimit: 2),
    WritingCommand(
      name: "fit",
      arguments: [
        "fit", "m.safetensors", FitCommandTests.picture, "-o", "t.latent.safetensors", "--report",
        "t.json",
        "--report-picture", "t.png", "--steps", "1", "--no-refine",
      ] + FitCommandTests.cameras + again, oldFiles: ["t.latent.safetensors", "t.json", "t.png"],
      inexactFiles: ["t.json"]),
    WritingCommand(
      name: "interpolate",
      arguments: [
        "interpolate", "m.safetensors", "--scenes", "kenney_taxi,kenney_race", "--frames", "3",
        "--size", "8", "-o", "f/#.png", "--animation", "a.png", "--contact-sheet", "c.png",
        "--report", "r.json", "--threads", "1", "--quiet",
      ]),
    WritingCommand(
      name: "dataset", arguments: dataset, temporaryLimit: 64),
    WritingCommand(
      name: "dataset of SRN's layout", arguments: dataset + ["--layout", "srn"],
      temporaryLimit: 64),
    WritingCommand(
      name: "train of more steps",
      arguments: ["train", "--resume", "m.run", "--steps", "4", "--quiet", "--threads", "1"],
      inexactFiles: ["m.run/"]),
    WritingCommand(
      name: "latents mix",
      arguments: [
        "latents", "mix", "m.safetensors", "kenney_taxi", "-o", "l.latent.safetensors",
        "--contact-sheet",
        "s.png", "--size", "8",
      ] + again, oldFiles: ["l.latent.safetensors", "s.png"]),
    WritingCommand(
      name: "add-scenes",
      arguments: [
        "add-scenes", "m.safetensors", Fixtures.otherCars, "-o", "n.safetensors", "--picture",
        "p.png", "--code-steps", "1", "--steps", "1", "--samples-per-step", "256", "--quiet",
      ] + again, oldFiles: ["n.safetensors", "p.png"]),
    WritingCommand(
      name: "merge-models",
      arguments: [
        "merge-models", "m.safetensors", "m.safetensors", "--rename-b", "b-", "-o",
        "n.safetensors", "--steps", "1", "--quiet",
      ] + again, oldFiles: ["n.safetensors"]),
    WritingCommand(
      name: "remove-scenes",
      arguments: ["remove-scenes", "m.safetensors", "kenney_taxi", "-o", "n.safetensors"] + again,
      oldFiles: ["n.safetensors"]),
    WritingCommand(
      name: "rename-scene",
      arguments: ["rename-scene", "m.safetensors", "kenney_taxi", "cab", "-o", "n.safetensors"]
        + again, oldFiles: ["n.safetensors"]),
  ]

  private static let again = ["--overwrite"]
  private static let dataset = [
    "dataset", "ball.json", "--size", "4", "--train-views", "2", "--val-views", "1", "--test-views",
    "2", "-o", "data", "--quiet",
  ]

  /// Puts what the command starts from into a folder: a model, for training its run, a scene, and old
  /// files.
  ///
  /// - Parameter place: where the command will run, unless there.
  func prepare(_ folder: TemporaryFolder, toRunIn place: TemporaryFolder? = nil) async throws {
    let run = try await Self.run.value
    try folder.put(run.files["m.safetensors"] ?? [], at: "m.safetensors")
    if name.hasPrefix("train") {
      try folder.makeFolder("m.run")
      for (name, bytes) in run.files where name.hasPrefix("m.run/") {
        try folder.put(bytes, at: name)
      }
      // A run knows where it was begun and how far it goes.
      let settings = try folder.text(of: "m.run/config.json")
        .replacingOccurrences(of: run.folder, with: (place ?? folder).path)
        .replacingOccurrences(of: "\"steps\" : 2", with: "\"steps\" : 4")
      try folder.put(settings, at: "m.run/config.json")
    }
    try folder.put(Fixtures.ball, at: "ball.json")
    for name in oldFiles { try folder.put("an old file, \(name)", at: name) }
  }

  /// The files of a run of two steps.
  private static let run = Task {
    try await withTemporaryFolder { folder in
      try await ResumeTests.train(steps: 2, in: folder)
      return (folder: folder.path, files: try folder.contents())
    }
  }
}

extension WritingCommand {
  /// What the command makes of its folder if nothing disturbs it, and the calls it makes for it.
  struct Course {
    let before: [String: [UInt8]]
    let after: [String: [UInt8]]
    let calls: [FileFailures.Call]
  }

  func course() async throws -> Course {
    try await withFolderInMemory { outer in
      try outer.makeFolder("in")
      let folder = TemporaryFolder(path: outer.path(of: "in"))
      try await prepare(folder)
      let before = try folder.contents()
      let log = outer.path(of: "log")
      let run = try await FileFailures.run(arguments, in: folder, log: log)
      try #require(run.exitCode == 0, "\(name): \(run.errors)")
      return Course(
        before: before, after: try folder.contents(), calls: try FileFailures.calls(in: log))
    }
  }

  /// What is wrong with a folder that the command was disturbed in, in words.
  ///
  /// Every file is as before or as after, whole in either case.
  func damage(in folder: TemporaryFolder, _ course: Course) throws -> [String] {
    var damage: [String] = []
    let found = try folder.contents()
    let temporaryCount = found.keys.count(where: FileFailures.isTemporary)
    if temporaryCount > temporaryLimit { damage.append("\(temporaryCount) temporary files") }
    for name in course.before.keys where found[name] == nil && course.after[name] != nil {
      damage.append("\(name) is gone")
    }
    for (name, bytes) in found where !FileFailures.isTemporary(name) {
      guard bytes != course.before[name], bytes != course.after[name] else { continue }
      if isExact(name) || !isWhole(name, in: folder) {
        damage.append("\(name) is neither old nor new")
      }
    }
    return damage.map { "\(self.name): \($0)" }
  }

  /// What is wrong with a folder where the command has ended well after it had been disturbed.
  func difference(in folder: TemporaryFolder, _ course: Course) throws -> [String] {
    let found = try folder.contents()
    var damage = try self.damage(in: folder, course)
    if found.keys.sorted() != course.after.keys.sorted() {
      damage.append("\(name): found \(found.keys.sorted())")
    }
    for (name, bytes) in found where bytes != course.after[name] {
      if isExact(name) { damage.append("\(self.name): \(name) is not new") }
    }
    return damage
  }

  private func isExact(_ name: String) -> Bool {
    !inexactFiles.contains { name.hasPrefix($0) }
  }

  private func isWhole(_ name: String, in folder: TemporaryFolder) -> Bool {
    let path = folder.path(of: name)
    if name.hasSuffix(".png") { return (try? PNGFile.read(path)) != nil }
    if name.hasSuffix(".safetensors") { return (try? TrainingSnapshot.read(path)) != nil }
    guard let text = try? folder.text(of: name), text.hasSuffix("\n") else {
      return folder.exists(name + "/.")
    }
    let pieces = name.hasSuffix(".jsonl") ? text.split(separator: "\n").map(String.init) : [text]
    return pieces.allSatisfy { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) != nil }
  }
}
