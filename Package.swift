// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with: unsafe code must say so, and a warning is an error.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"],
    resources: fixtures ? [.copy("Fixtures")] : [], swiftSettings: strict)
}

/// Programs that feed readers: `scripts/fuzz` and `scripts/peers/compare-safetensors` ask for them.
let fuzz: [Target] =
  Context.environment["HYPERMARCH_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "fuzz", dependencies: ["Fuzzing"], path: "Tests/Fuzzing/Program", swiftSettings: strict),
    .executableTarget(
      name: "verdicts", dependencies: ["Checkpoints"], path: "Tests/Fuzzing/Verdicts",
      swiftSettings: strict),
  ]

// The targets climb: each imports only what stands above it here, and only what it names.
// `scripts/check-layering` compares this table with the import lines.
let package = Package(
  name: "hypermarch",
  products: [.executable(name: "hypermarch", targets: ["hypermarch"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    // Layer 0: C, and the one way to touch files.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(name: "CPNG", dependencies: ["CLibPNG"], cSettings: strictC),
    .target(name: "CFieldKernels", cSettings: strictC),
    library("Files", []),

    // Layer 1: numbers and pixels.
    library("Kernels", ["CFieldKernels", "COpenBLAS"]),
    library("Imaging", ["CPNG", "Files"]),

    // Layer 2: numbers as pictures.
    library("Plotting", ["Imaging"]),

    // Layer 2: latent code → hypernetwork → field weights → field.
    library("NeuralFields", ["Kernels"]),

    // Layer 3: rays → samples → compositing → image; saved models.
    library("VolumeRendering", ["NeuralFields", "Imaging", "Kernels"]),
    library("Checkpoints", ["NeuralFields", "Kernels", "Files"]),

    // Layer 4: posed images in.
    library("Datasets", ["VolumeRendering", "NeuralFields", "Imaging", "Kernels", "Files"]),

    // Layer 5: paths of latents and cameras.
    library(
      "Sequences",
      [
        "Datasets", "Checkpoints", "VolumeRendering", "NeuralFields", "Plotting", "Imaging",
        "Kernels", "Files",
      ]),

    // Layer 5: the same chain, backwards.
    library("Training", ["Datasets", "VolumeRendering", "NeuralFields", "Imaging", "Kernels"]),

    // Layer 6: how fast all of it is.
    library(
      "Benchmarking",
      [
        "Training", "Datasets", "Checkpoints", "VolumeRendering", "NeuralFields", "Imaging",
        "Kernels",
      ]),

    // Layer 6: latents for new pictures.
    library(
      "Fitting",
      [
        "Training", "Datasets", "Checkpoints", "VolumeRendering", "NeuralFields", "Imaging",
        "Kernels",
      ]),

    // Layer 7: the command line.
    .executableTarget(
      name: "hypermarch",
      dependencies: [
        "Benchmarking", "Fitting", "Training", "Sequences", "Datasets", "Checkpoints",
        "VolumeRendering", "NeuralFields", "Plotting", "Imaging", "Kernels", "Files",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // Tests, one target per library, and the end-to-end tests of the program.
    .target(
      name: "TestSupport", dependencies: ["NeuralFields", "Kernels", "Imaging", "Files"],
      path: "Tests/TestSupport", swiftSettings: strict),
    .target(
      name: "Fuzzing", dependencies: ["Sequences", "Datasets", "Checkpoints", "Imaging", "Files"],
      path: "Tests/Fuzzing", exclude: ["Corpora", "Dictionaries", "Program", "Verdicts"],
      swiftSettings: strict),
    tests(
      "FuzzingTests",
      ["Fuzzing", "Sequences", "Datasets", "Checkpoints", "NeuralFields", "Imaging", "Files"]),
    tests("FilesTests", ["Files"]),
    tests("KernelsTests", ["Kernels"]),
    tests("ImagingTests", ["Imaging", "Files"], fixtures: true),
    tests("PlottingTests", ["Plotting", "Imaging"]),
    tests("NeuralFieldsTests", ["NeuralFields", "Kernels"]),
    tests("VolumeRenderingTests", ["VolumeRendering", "NeuralFields", "Imaging", "Kernels"]),
    tests("CheckpointsTests", ["Checkpoints", "NeuralFields", "Kernels", "Files"]),
    tests(
      "DatasetsTests",
      ["Datasets", "VolumeRendering", "NeuralFields", "Imaging", "Kernels", "Files"]),
    tests(
      "SequencesTests",
      [
        "Sequences", "Datasets", "Checkpoints", "VolumeRendering", "NeuralFields", "Imaging",
        "Kernels", "Files",
      ]),
    tests(
      "TrainingTests",
      ["Training", "Datasets", "VolumeRendering", "NeuralFields", "Imaging", "Kernels"]),
    tests(
      "FittingTests",
      [
        "Fitting", "Training", "Datasets", "Checkpoints", "VolumeRendering", "NeuralFields",
        "Imaging", "Kernels",
      ]),
    tests(
      "BenchmarkingTests",
      [
        "Benchmarking", "Checkpoints", "VolumeRendering", "NeuralFields", "Imaging", "Kernels",
      ]),
    tests(
      "CommandLineTests",
      [
        "hypermarch", "Sequences", "Checkpoints", "Datasets", "NeuralFields", "Imaging", "Kernels",
        "Files",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ], fixtures: true),
  ] + fuzz)
