import ArgumentParser
import Checkpoints
import Fitting
import NeuralFields

/// Lists a model's scenes: how long their codes are, how far from the prior's mean, and near which others.
struct LatentsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List scenes with their codes' norms, prior distances and neighbours.",
    discussion: """
      EXAMPLES
        hypermarch latents list
        hypermarch latents list cars.safetensors --neighbours 1 --json

      Variants that training made of a scene, named NAME~1 and so on, are counted, and listed with \
      --all.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("Nearest scenes to name for each; else 3.", valueName: "n"))
  var neighbours: Int?

  @Flag(help: "List variants of scenes too.")
  var all = false

  @OptionGroup var threads: ThreadOptions

  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if let neighbours, neighbours < 0 {
      throw ValidationError("--neighbours: found \(neighbours), expected 0 or more")
    }
  }

  func run() throws {
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model.path)
    let checkpoint = try model.read()
    let names = checkpoint.latents.names
    budget.keepModel(checkpoint)
    budget.keep(FitMemory.modelBytes(checkpoint), for: "the prior")
    budget.keep(
      names.count * LatentSurvey.placeBytes(neighbourCount: min(neighbours ?? 3, names.count)),
      for: "the list")
    try budget.state(advice: "fewer --neighbours")
    let survey = LatentSurvey(checkpoint, includesVariants: all, threadCount: threads.count)
    if let neighbours, neighbours >= survey.rows.count {
      throw CommandFailure(
        "--neighbours: found \(neighbours), expected 0…\(survey.rows.count - 1): the model lists "
          + ProgressReporter.count(survey.rows.count, "scene"), .usage)
    }
    let report = Report(survey, neighbourCount: neighbours ?? 3)
    try Terminal.result(json ? Terminal.json(report) : report.text)
  }

  private struct Report: Encodable {
    var schema = 1
    let latentWidth: Int
    let sceneCount: Int
    /// Variants of scenes that are not listed.
    let hiddenVariantCount: Int
    /// The length of the mean code.
    let meanNorm: Float
    /// The distance beyond which a code is unlike those of the model.
    let shellRadius: Float
    /// The share of a sphere in the prior's covariance.
    let shrinkage: Double
    let scenes: [Scene]

    struct Scene: Encodable {
      let name: String
      let place: LatentSurvey.Place
    }

    init(_ survey: LatentSurvey, neighbourCount: Int) {
      let latents = survey.model.latents
      latentWidth = latents.width
      sceneCount = survey.rows.count
      hiddenVariantCount = survey.leftOutCount
      meanNorm = survey.place(of: survey.prior.mean, neighbourCount: 0).norm
      shellRadius = survey.prior.shellRadius
      shrinkage = survey.prior.shrinkage
      var reporter = ProgressReporter(isQuiet: false)
      let start = ContinuousClock.now
      scenes = survey.rows.enumerated().map { index, row in
        // Every scene is held against every other one: of many that takes minutes.
        if ContinuousClock.now - start > .seconds(1) {
          reporter.show("scene \(index + 1) of \(survey.rows.count)")
        }
        return Scene(
          name: latents.names[row],
          place: survey.place(
            of: latents[row], neighbourCount: neighbourCount, excluding: row))
      }
    }

    var text: String {
      let names = LatentSurvey.padded(["scene"] + scenes.map(\.name))
      let hidden = hiddenVariantCount
      return
        ([
          "\(ProgressReporter.count(sceneCount, "scene")), codes of \(latentWidth)"
            + (hidden > 0 ? "; \(ProgressReporter.count(hidden, "variant")) not shown: --all" : ""),
          "mean code's norm \(LatentSurvey.number(meanNorm)), codes are alike within "
            + LatentSurvey.number(shellRadius),
          names[0] + LatentSurvey.Place.heading,
        ] + zip(names.dropFirst(), scenes).map { $0 + $1.place.text }).joined(separator: "\n")
    }
  }
}
