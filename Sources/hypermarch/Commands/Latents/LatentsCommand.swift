import ArgumentParser

/// Explores a model's latents: one verb below another.
struct LatentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latents",
    abstract: "Explore a model's latents: list, vary, sample, mix, compare, round.",
    discussion: """
      EXAMPLES
        hypermarch latents scenes/cars.safetensors
        hypermarch latents directions scenes/cars.safetensors

      Distances are in standard deviations of the Gaussian that the model's codes make, its prior. \
      Without a subcommand, latents lists.
      """,
    subcommands: [
      LatentsListCommand.self, LatentsDirectionsCommand.self, LatentsSampleCommand.self,
      LatentsMixCommand.self, LatentsNearestCommand.self, LatentsQuantizeCommand.self,
    ],
    defaultSubcommand: LatentsListCommand.self)
}
