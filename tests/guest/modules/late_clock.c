// SPDX-License-Identifier: GPL-2.0
/*
 * A clock whose driver is a module: what is clocked by it waits until that is
 * loaded, with whatever driver it has.
 */
#include <linux/clk-provider.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define LATE_CLOCK_HZ	24000000

static int late_clock_probe(struct platform_device *pdev)
{
	struct clk_hw *hw;

	hw = devm_clk_hw_register_fixed_rate(&pdev->dev, dev_name(&pdev->dev), NULL, 0,
					     LATE_CLOCK_HZ);
	if (IS_ERR(hw))
		return PTR_ERR(hw);
	return devm_of_clk_add_hw_provider(&pdev->dev, of_clk_hw_simple_get, hw);
}

static const struct of_device_id late_clock_of_match[] = {
	{ .compatible = "lab,late-clock" },
	{ }
};
MODULE_DEVICE_TABLE(of, late_clock_of_match);

static struct platform_driver late_clock_driver = {
	.driver = {
		.name = "late-clock",
		.of_match_table = late_clock_of_match,
	},
	.probe = late_clock_probe,
};
module_platform_driver(late_clock_driver);

MODULE_DESCRIPTION("A clock that comes when its module is loaded");
MODULE_LICENSE("GPL");
