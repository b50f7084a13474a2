import Checkpoints
import Kernels
import NeuralFields
import Testing

@Suite("A model's scenes") struct LibraryTests {
  /// A model of some scenes.
  static func model(_ names: [String] = ["red", "blue", "red~1", "blue~1", "red~2"]) -> Checkpoint {
    var model = TinyModel.checkpoint(training: TinyModel.training)
    var random = SeededGenerator(seed: 4)
    model.configuration.scenes = names
    model.latents = LatentTable(
      names: names, width: 3, standardDeviation: 1, generator: &random)
    return model
  }

  static func expectSame(_ found: Checkpoint, _ expected: Checkpoint, names: [String: String]) {
    #expect(
      found.hypernetwork.parameters.map(\.bitPattern)
        == expected.hypernetwork.parameters.map(\.bitPattern))
    for name in found.latents.names {
      let code = expected.latents[names[name] ?? name]
      #expect(
        found.latents[name]?.values.map(\.bitPattern) == code?.values.map(\.bitPattern), "\(name)")
    }
    #expect(found.configuration.scenes == found.latents.names)
  }

  @Test("a removed scene goes with its variants, and all others stay to the last bit")
  func removing() throws {
    let (model, removed) = try Self.model().removing(["red"])
    #expect(removed == ["red", "red~1", "red~2"])
    #expect(model.latents.names == ["blue", "blue~1"])
    Self.expectSame(model, Self.model(), names: [:])
    let change = model.configuration.changes?.first
    #expect(change?.kind == .removeScenes && change?.scenes == removed)
  }

  @Test("losses of several changes add up under the name that a scene has now, and go with it")
  func lossesSoFar() {
    func change(_ kind: LibraryChange.Kind, _ scenes: [String], losses: [String: Double] = [:])
      -> LibraryChange
    {
      LibraryChange(
        kind: kind, scenes: scenes,
        forgetting: losses.keys.sorted().map {
          LibraryChange.Forgetting(
            scene: $0, ownPsnr: 40, psnrBefore: nil, psnrAfter: nil, loss: losses[$0] ?? 0)
        })
    }
    var configuration = Self.model().configuration
    #expect(configuration.lossesSoFar.isEmpty)
    configuration.changes = [
      change(.addScenes, ["green"], losses: ["red": 0.5, "blue": 0.25]),
      change(.renameScene, ["red", "cab"]),
      change(.mergeModels, ["grey"], losses: ["cab": 0.25, "blue": 1, "green": 0.125]),
      change(.removeScenes, ["blue", "blue~1"]),
    ]
    #expect(configuration.lossesSoFar == ["cab": 0.75, "green": 0.125])
  }

  @Test("a variant can be removed alone, and a name given twice counts once")
  func removingVariants() throws {
    let (model, removed) = try Self.model().removing(["red~1", "red~1"])
    #expect(removed == ["red~1"])
    #expect(model.latents.names == ["red", "blue", "blue~1", "red~2"])
  }

  @Test("renaming takes time in proportion to the variants") func renamingMany() throws {
    let model = Self.model(["red"] + (1...200_000).map { "red~\($0)" } + ["blue"])
    let start = ContinuousClock.now
    let renamed = try model.renaming("red", to: "green").renamed
    // In proportion to their square it would take ten.
    #expect(ContinuousClock.now - start < .seconds(4))
    #expect(renamed.count == 200_001)
  }

  @Test("a renamed scene takes its variants along, and nothing else changes")
  func renaming() throws {
    let (model, renamed) = try Self.model().renaming("red", to: "green")
    #expect(renamed.map(\.new) == ["green", "green~1", "green~2"])
    #expect(model.latents.names == ["green", "blue", "green~1", "blue~1", "green~2"])
    Self.expectSame(
      model, Self.model(), names: ["green": "red", "green~1": "red~1", "green~2": "red~2"])
    let change = model.configuration.changes?.first
    #expect(change?.kind == .renameScene && change?.scenes == ["red", "green"])
    let back = try model.renaming("green", to: "red").model
    #expect(back.latents == Self.model().latents)
  }

  @Test("a scene that moves is removed and renamed as one, and the paths behind it move up")
  func moving() throws {
    var model = Self.model(["a@0", "a@1", "b@0", "b@1", "c"])
    model.configuration.motion = ["a", "b"].enumerated().map { index, name in
      LatentTrajectory(
        scene: name, curve: .spline, firstRow: 2 * index, rowCount: 2, loops: true)
    }
    let (left, removed) = try model.removing(["a"])
    #expect(removed == ["a@0", "a@1"] && left.latents.names == ["b@0", "b@1", "c"])
    #expect(left.configuration.motion?.map(\.firstRow) == [0])
    let b = try #require(model.configuration.trajectory(of: "b"))
    let moved = try #require(left.configuration.trajectory(of: "b"))
    #expect(left.latents.code(of: moved, at: 0.3) == model.latents.code(of: b, at: 0.3))

    let renamed = try left.renaming("b", to: "mill").model
    #expect(renamed.latents.names == ["mill@0", "mill@1", "c"])
    #expect(renamed.configuration.motion?.map(\.scene) == ["mill"])
    #expect(try left.removing(["b"]).model.configuration.motion == nil)
    #expect(throws: LibraryError.partOfPath(name: "a@0", scene: "a")) {
      try model.removing(["a@0"])
    }
    #expect(throws: LibraryError.nameTaken("a")) { try model.renaming("c", to: "a") }
    #expect(throws: LibraryError.nameTaken("b")) {
      try model.checkNew(["b"], ownNames: ["b"])
    }
  }

  @Test("what leaves a model in disorder is refused")
  func refused() {
    #expect(throws: LibraryError.unknownScene(name: "rde", count: 2)) {
      try Self.model().removing(["red", "rde"])
    }
    #expect(throws: LibraryError.lastScene(count: 2)) {
      try Self.model().removing(["blue", "red"])
    }
    #expect(throws: LibraryError.unknownScene(name: "rde", count: 2)) {
      try Self.model().renaming("rde", to: "x")
    }
    #expect(throws: LibraryError.nameTaken("blue")) {
      try Self.model().renaming("red", to: "blue")
    }
    #expect(throws: LibraryError.nameTaken("red~2")) {
      try Self.model().renaming("red~1", to: "red~2")
    }
    // A scene would become a variant of another by its name.
    #expect(throws: LibraryError.variantName("blue~7")) {
      try Self.model().renaming("red", to: "blue~7")
    }
    #expect(throws: LibraryError.variantName("red~9")) {
      try Self.model().checkNew(["a", "b", "red~9"], ownNames: ["a", "b", "red~9"])
    }
  }

  @Test("new scenes are taken in with their variants, behind the old ones")
  func adding() throws {
    let model = Self.model()
    let new = ["green", "grey", "green~1", "grey~1"]
    try model.checkNew(new, ownNames: ["green", "grey"])
    let codes = LatentTable(
      names: model.latents.names + new, width: 3,
      values: model.latents.values + [Float](repeating: 1, count: 12))
    let change = LibraryChange(
      kind: .addScenes, scenes: ["green", "grey"], source: "colours", steps: 7, samples: 12,
      options: ["hold": "1.0"],
      forgetting: [
        .init(scene: "red", ownPsnr: 40, psnrBefore: 30, psnrAfter: 29.5, loss: 0.5),
        .init(scene: "blue", ownPsnr: 100, psnrBefore: nil, psnrAfter: nil, loss: 0),
      ])
    var learned = model.hypernetwork
    learned.parameters[0] += 1
    let after = try model.adding(
      codes, hypernetwork: learned, newOwnNames: ["green", "grey"], by: change)
    #expect(after.latents.names == model.latents.names + new)
    #expect(after.latents.ownRows == [0, 1, 5, 6])
    let read = try ModelConfiguration(text: after.configuration.text, path: "m")
    #expect(read == after.configuration && read.changes == [change])
    #expect(throws: LibraryError.nameTaken("blue")) {
      try model.checkNew(["blue"], ownNames: ["blue"])
    }
    #expect(throws: LibraryError.nameTaken("new")) {
      try model.checkNew(["new", "new"], ownNames: ["new"])
    }
  }

  @Test("latents stay those of a model as long as its hypernetwork is the same, and no longer")
  func latents() throws {
    let model = Self.model()
    let file = LatentFile(
      program: "test", name: "fitted", modelFingerprint: model.fingerprint,
      latent: SceneLatent(code: model.latents[0]))
    let renamed = try model.renaming("red", to: "green").model
    let fewer = try renamed.removing(["blue"]).model
    #expect(fewer.fingerprint != model.fingerprint)
    for same in [model, renamed, fewer] { try file.check(against: same, path: "f") }
    var learned = fewer.hypernetwork
    learned.parameters[0] += 1
    let other = try fewer.adding(
      fewer.latents, hypernetwork: learned, newOwnNames: [],
      by: LibraryChange(kind: .addScenes, scenes: []))
    let later = try other.renaming("green", to: "red").model
    for other in [other, later] {
      #expect(throws: CheckpointError.self) { try file.check(against: other, path: "f") }
    }
  }

  @Test("a name that no file could have is refused before the model is written")
  func fileNames() throws {
    let (model, _) = try Self.model().renaming("red", to: "a/b")
    #expect(throws: CheckpointError.self) { try model.configuration.check(path: "m") }
  }

  @Test("a model without changes says nothing of them, as ever")
  func noChanges() {
    #expect(Self.model().configuration.changes == nil)
    #expect(!Self.model().configuration.text.contains("changes"))
  }
}
