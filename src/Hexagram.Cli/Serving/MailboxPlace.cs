using Hexagram.Server.Configuration;
using Hexagram.Storage.Inspecting;
using Hexagram.Storage.Postgres;
using Hexagram.Storage.Postgres.Inspecting;
using Hexagram.Storage.RocksDb;
using Hexagram.Storage.RocksDb.Inspecting;

namespace Hexagram.Cli.Serving;

/// <summary>Where <c>serve</c> would keep the mailboxes; the rest of its settings may be what they want.</summary>
/// <param name="Data">The data folder.</param>
/// <param name="Postgres">The database instead; null: they are in the data folder.</param>
internal sealed record MailboxPlace(DataFolder Data, PostgresStoreOptions? Postgres)
{
    private static readonly HashSet<string> Nothing = [];

    /// <summary>Finds it as <c>serve</c> does.</summary>
    /// <param name="data">The data folder that the command line names, or null.</param>
    /// <param name="postgres">The database that it names, or null.</param>
    /// <param name="file">The settings file that it names, or null.</param>
    /// <param name="surroundings">The process.</param>
    /// <exception cref="CommandFailure">What the settings say of the database cannot be meant.</exception>
    public static MailboxPlace Find(string? data, string? postgres, string? file, Surroundings surroundings)
    {
        var words = new Dictionary<string, string?> { ["Data"] = data, ["Postgres:ConnectionString"] = postgres };
        var configuration = SettingsLayers.Find(words, file, surroundings).Build();
        var reader = new SettingsReader();
        var options = reader.Read(configuration.GetSection("Postgres"), new PostgresSettings(), Nothing).With(new RocksDbStoreOptions { Folder = "" }, TimeSpan.Zero);
        var faults = reader.Faults.Concat(options?.Fault() is { } unfit ? [$"Postgres: {unfit}"] : []).ToList();
        return faults.Count == 0
            ? new MailboxPlace(new DataFolder(configuration["Data"] ?? DataFolder.Default), options)
            : throw CommandFailure.Usage(string.Join('\n', faults));
    }

    /// <summary>Opens a view of the mailboxes there.</summary>
    /// <exception cref="Storage.StoreUnavailableException">There are none, or they cannot be read.</exception>
    public IStoreView OpenView() => Postgres is { } database ? PostgresStoreView.Open(database) : StoreView.Open(Data.Mailboxes);
}
