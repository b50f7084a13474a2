import Testing

@Suite("Same bytes") struct SameBytesTests {
  @Test(
    "any number of threads trains the same model, and so does the same number again",
    arguments: [1, 2, 3, 8])
  func training(threadCount: Int) async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        [
          "train", Fixtures.cars, "-o", "m.safetensors", "--steps", "\(Fixtures.modelSteps)",
          "--threads", "\(threadCount)",
        ] + Fixtures.smallTraining, in: folder)
      expectSuccess(run)
      // Not compared within the expectation, which would print them.
      let isSame = try folder.bytes(of: "m.safetensors") == (try await Fixtures.model())
      #expect(isSame)
    }
  }

  @Test("another seed trains another model") func seed() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        [
          "train", Fixtures.cars, "-o", "m.safetensors", "--steps", "\(Fixtures.modelSteps)",
          "--seed", "43",
        ] + Fixtures.smallTraining, in: folder)
      expectSuccess(run)
      let isSame = try folder.bytes(of: "m.safetensors") == (try await Fixtures.model())
      #expect(!isSame)
    }
  }

  @Test("no number of threads and no size of tiles changes a picture") func rendering()
    async throws
  {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let view = [
        "render", "cars.safetensors", "--size", "61x43", "--depth", "--normals", "--opacity",
      ]
      let names = ["p.png", "p-depth.png", "p-normals.png", "p-opacity.png"]
      expectSuccess(try await Program.run(view + ["-o", "p.png"], in: folder))
      let expected = try names.map { try folder.bytes(of: $0) }
      let settings = [1, 2, 3, 8].flatMap { threads in
        [8, 16, 17, 32, 64, 128].map { ["--threads", "\(threads)", "--tile", "\($0)"] }
      }
      for options in settings {
        let run = try await Program.run(
          view + ["-o", "p.png", "--overwrite"] + options, in: folder)
        expectSuccess(run)
        let isSame = try names.map { try folder.bytes(of: $0) } == expected
        #expect(isSame, "\(options)")
      }
    }
  }

  @Test("random places of samples are the same for any number of threads") func jitter()
    async throws
  {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      var pictures: [[UInt8]] = []
      for options in [
        ["--seed", "5", "--threads", "1"], ["--seed", "5", "--threads", "3", "--tile", "8"],
        ["--seed", "6"],
      ] {
        let run = try await Program.run(
          [
            "render", "cars.safetensors", "--size", "24", "--samples", "48", "-o", "p.png",
            "--overwrite",
          ] + options, in: folder)
        expectSuccess(run)
        pictures.append(try folder.bytes(of: "p.png"))
      }
      let (isSame, isOther) = (pictures[0] == pictures[1], pictures[0] != pictures[2])
      #expect(isSame && isOther)
    }
  }
}
