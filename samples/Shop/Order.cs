using Microsoft.EntityFrameworkCore;

namespace Shop;

/// <summary>What a customer has ordered.</summary>
internal sealed class Order
{
    public int Id { get; init; }

    public required string Customer { get; init; }

    public required string Item { get; init; }

    public bool HasLeft { get; set; }
}

/// <summary>The shop's tables. Those of the client stand beside them.</summary>
internal sealed class OrderContext(DbContextOptions<OrderContext> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();
}
